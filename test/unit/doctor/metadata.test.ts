import { describe, expect, it } from "vitest";
import { examineMetadata } from "../../../src/doctor/metadata.ts";
import { builtIn } from "../../../src/numbers/built-in-metadata.ts";

const dayMs = 86_400_000;
const daysOn = (days: number) => ({ nowMs: () => Date.parse(builtIn.released) + days * dayMs });

describe("the numbering plans", () => {
  it("are named with their age", () => {
    const what = `Numbering plans: libphonenumber ${builtIn.version}, built in, of ${builtIn.released} (16 days old)`;
    expect(examineMetadata(undefined, daysOn(16))).toEqual([{ level: "ok", what, fix: null }]);
  });

  it("are warned of when they are older than half a year", () => {
    const [found] = examineMetadata(undefined, daysOn(181));
    expect(found).toMatchObject({
      level: "warn",
      what: expect.stringContaining("181 days old"),
      fix: expect.stringContaining("numbers.metadata_file"),
    });
  });

  it("of a file that cannot be used are a failure", () => {
    expect(examineMetadata("/nowhere/metadata.max.json", daysOn(0))).toMatchObject([
      { level: "fail", what: "Numbering plans: /nowhere/metadata.max.json cannot be used: it cannot be read (ENOENT)" },
    ]);
  });
});
