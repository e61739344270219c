/** The index of decision records against their files. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const folder = path.join(import.meta.dirname, "../../../docs/adr");
const records = readdirSync(folder).filter((name) => /^\d{4}-.+\.md$/.test(name));
const index = readFileSync(path.join(folder, "README.md"), "utf8");

it("the index has a line for each record, by number", () => {
  const lines = [...index.matchAll(/^\| \[(\d+)\]\(([^)]+)\) \| \S/gm)].map(([, no, file]) => ({
    no: Number(no),
    file,
  }));
  expect(records.length).toBeGreaterThan(70);
  expect(lines).toEqual(records.sort().map((file) => ({ no: Number(file.slice(0, 4)), file })));
});
