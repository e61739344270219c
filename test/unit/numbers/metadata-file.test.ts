/** Numbering plans of a file: what is taken, what is refused, and that what is refused changes nothing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import packaged from "libphonenumber-js/max/metadata";
import min from "libphonenumber-js/min/metadata";
import mobile from "libphonenumber-js/mobile/metadata";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { numbersChecks } from "../../../src/numbers/config-checks.ts";
import { builtInMetadata, numberingMetadata, useNumberingMetadata } from "../../../src/numbers/library.ts";
import { readMetadataFile, useConfiguredMetadata } from "../../../src/numbers/metadata-file.ts";
import { versionInChangelog } from "../../../src/numbers/metadata-version.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";

const openPolicy = {
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [] },
  fixed_line_or_mobile: "allow",
} as const;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "onering-metadata-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  useNumberingMetadata(builtInMetadata);
});

type Plans = { countries: Record<string, unknown[]>; [key: string]: unknown };
const copyOf = (plans: unknown) => structuredClone(plans) as Plans;

function written(plans: unknown, name = "metadata.max.json"): string {
  const file = path.join(folder, name);
  writeFileSync(file, typeof plans === "string" ? plans : JSON.stringify(plans));
  return file;
}

/** As if Ofcom had opened 0800 0xx xxx as mobiles. */
function withMoreMobiles(): Plans {
  const plans = copyOf(packaged);
  const types = plans.countries.GB?.[11] as [string, number[]][];
  types[1] = [`${types[1]?.[0]}|7000\\d{6}`, [10]];
  return plans;
}

const newMobile = "+447000123456";

describe("a file of newer plans", () => {
  it("is what numbers are read by from then on, also by what was made before", () => {
    const numbers = createNumbers(openPolicy);
    expect(numbers.examine(newMobile, null, null).type).not.toBe("mobile");
    expect(useConfiguredMetadata(written(withMoreMobiles(), "libphonenumber-9.0.99.json"))).toEqual({
      before: `libphonenumber ${builtInMetadata.version} (built_in)`,
      after: "libphonenumber 9.0.99 (file)",
    });
    expect(numbers.examine(newMobile, null, null)).toMatchObject({ valid: true, type: "mobile", callable: true });
    expect(numberingMetadata()).toMatchObject({ version: "9.0.99", source: "file" });
    expect(useConfiguredMetadata(undefined)).toMatchObject({ before: "libphonenumber 9.0.99 (file)" });
    expect(numbers.examine(newMobile, null, null).type).not.toBe("mobile");
  });

  it("that is read again and holds the same is no change", () => {
    const file = written(packaged);
    expect(useConfiguredMetadata(file)).not.toBeNull();
    readMetadataFile(file);
    expect(useConfiguredMetadata(file)).toBeNull();
  });

  it("has the version of its name, else of the package's changelog beside it, else its digest", () => {
    const versionOf = (file: string) => (readMetadataFile(file) as { version: string }).version;
    expect(versionOf(written(packaged))).toMatch(/^sha256:[0-9a-f]{12}$/);
    writeFileSync(
      path.join(folder, "CHANGELOG.md"),
      "<!-- CHANGELOG START -->\n\n1.13.20 / 3.1.2027\n====\n\n* A fix\n\n1.13.19 / 24.12.2026\n====\n\n* Updated metadata to version 9.0.46:\n  - GB\n",
    );
    expect(readMetadataFile(written(packaged))).toMatchObject({ version: "9.0.46", released: "2026-12-24" });
    expect(versionOf(written(packaged, "plans-9.0.50.json"))).toBe("9.0.50");
  });

  it("without a known release is as old as the file, unless that is a date that archives invent", () => {
    const file = written(packaged, "9.0.50.json");
    utimesSync(file, new Date("2026-10-26"), new Date("2026-10-26"));
    expect(readMetadataFile(file)).toMatchObject({ released: "2026-10-26" });
    utimesSync(file, new Date("1985-10-26"), new Date("1985-10-26"));
    expect(readMetadataFile(file)).toMatchObject({ released: null });
  });
});

describe("a file that is not whole is refused, with what is wrong, and what was in use stays", () => {
  const withPlan = (country: string, change: (plan: unknown[]) => unknown) => {
    const plans = copyOf(packaged);
    change(plans.countries[country] ?? []);
    return plans;
  };
  it.each<readonly [what: string, plans: () => unknown, problem: RegExp]>([
    ["cut off", () => JSON.stringify(packaged).slice(0, 100_000), /no JSON object/],
    ["another document", () => ({ version: 4 }), /no countries, country_calling_codes or nonGeographic/],
    ["another layout", () => ({ ...packaged, version: 5 }), /layout \(version\) is not 4/],
    ["the least metadata", () => min, /has no types of numbers \(use metadata\.max\.json/],
    ["the metadata of mobiles", () => mobile, /use metadata\.max\.json/],
    [
      "mobiles alone",
      () => {
        const plans = copyOf(packaged);
        for (const plan of Object.values(plans.countries)) (plan[11] as unknown[])[0] = 0;
        return plans;
      },
      /\d{3} countries have no landlines by it .*use metadata\.max\.json/,
    ],
    [
      "a pattern that is none",
      () => withPlan("GB", (plan) => plan.splice(2, 1, "7(")),
      /the plan of GB has what is no regular expression/,
    ],
    ["a plan of another kind", () => withPlan("FR", (plan) => plan.splice(0, 1)), /the plan of FR has no/],
    [
      "a calling code of another country",
      () => withPlan("FR", (plan) => plan.splice(0, 1, "34")),
      /\+33 has a country that is not of it/,
    ],
    [
      "few countries",
      () => ({ ...packaged, country_calling_codes: { 33: ["FR"] }, countries: { FR: packaged.countries.FR } }),
      /\d{3} countries are missing/,
    ],
    [
      "plans that know no mobiles",
      () => {
        const plans = copyOf(packaged);
        for (const plan of Object.values(plans.countries)) (plan[11] as unknown[])[1] = ["99999999"];
        return plans;
      },
      /the example mobiles of \d+ countries are none by it/,
    ],
  ])("%s", (_what, plans, problem) => {
    const file = written(plans());
    expect(readMetadataFile(file)).toEqual({ problem: expect.stringMatching(problem) });
    expect(() => useConfiguredMetadata(file)).toThrow(problem);
    expect(numberingMetadata()).toBe(builtInMetadata);
    const [found] = numbersChecks.flatMap((check) =>
      check.problems({ numbers: { ...openPolicy, metadata_file: file } as never }, () => true),
    );
    expect(found).toMatchObject({
      path: ["numbers", "metadata_file"],
      given: file,
      expected: expect.stringMatching(problem),
    });
  });

  it("no file, a folder, a file of another size", () => {
    expect(readMetadataFile(path.join(folder, "nowhere.json"))).toEqual({ problem: "it cannot be read (ENOENT)" });
    mkdirSync(path.join(folder, "sub"));
    expect(readMetadataFile(path.join(folder, "sub"))).toEqual({ problem: "it is no file" });
    expect(readMetadataFile(written(" ".repeat(5_000_000)))).toEqual({ problem: "it has more than 4194304 bytes" });
  });
});

it("the built-in plans are named by the release that the package's changelog says", () => {
  const changelog = fileURLToPath(new URL("../../../node_modules/libphonenumber-js/CHANGELOG.md", import.meta.url));
  const { version, released } = builtInMetadata;
  expect(versionInChangelog(readFileSync(changelog, "utf8"))).toEqual({ version, released });
});

it("the package's own file can be used as it lies in node_modules", () => {
  const file = fileURLToPath(new URL("../../../node_modules/libphonenumber-js/metadata.max.json", import.meta.url));
  const { version, released } = builtInMetadata;
  expect(readMetadataFile(file)).toMatchObject({ version, released, source: "file" });
});
