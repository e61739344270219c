/** What docs/numbering-metadata.md says is what the metadata says: it cannot go stale. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { builtInMetadata } from "../../src/numbers/library.ts";
import { createNumbers } from "../../src/numbers/numbers.ts";
import { openPolicy } from "./disagreements.ts";
import { docsPath, withGenerated } from "./docs.ts";
import { languagesOf, mixedCountries, planOf, typeNames, wholeOf } from "./mixed.ts";
import { sizeOfCommon } from "./patterns.ts";

it("the generated parts are up to date; otherwise: npm run docs:numbers", () => {
  const page = readFileSync(docsPath, "utf8");
  expect(page).toBe(withGenerated(page));
});

it("patterns are counted exactly", () => {
  const size = (...patterns: string[]) => sizeOfCommon(patterns.map((pattern) => ({ pattern, lengths: null })));
  expect(size("[2-9]\\d{2}(?:1|23?)")).toBe(8 * 100 * 3);
  expect(size("1(?:2|3)?\\d{1,2}", "12\\d?")).toBe(11);
  expect(sizeOfCommon([{ pattern: "1\\d{1,3}", lengths: [2, 4] }])).toBe(10 + 1000);
  expect(() => size("1+")).toThrow("unknown syntax");
});

it("in every mixed country, and in no other, there are numbers that may be a mobile or a landline", () => {
  const numbers = createNumbers(openPolicy);
  expect(numbers.examine("+12015550123", null, null).type).toBe("fixed_line_or_mobile");
  const mixed = mixedCountries().map(({ country }) => country);
  expect(mixed).toContain("US");
  expect(mixed).not.toContain("GB");
});

it("no number of a plan has two types beside those two, so that the order in which types are asked does not matter", () => {
  const found = Object.keys(builtInMetadata.plans.countries).flatMap((country) => {
    const plan = planOf(country) ?? [];
    const types = languagesOf(plan);
    return types.flatMap((one, at) =>
      types.slice(Math.max(2, at + 1)).flatMap((other, after) => {
        const both = one === null || other === null ? 0 : sizeOfCommon([wholeOf(plan), one, other]);
        return both === 0 ? [] : [`${country} ${typeNames[at]} ${typeNames[Math.max(2, at + 1) + after]}: ${both}`];
      }),
    );
  });
  expect(found).toEqual([]);
});
