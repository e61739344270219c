import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { Value } from "typebox/value";
import { expect, it } from "vitest";
import type { Config } from "../../../src/config/schema.ts";
import { numberBody } from "../../../src/http/numbers/representation.ts";
import { Numbers } from "../../../src/numbers/config.ts";
import { createLookup } from "../../../src/numbers/lookup/lookup.ts";
import { suggestionReasons } from "../../../src/numbers/lookup/types.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";

const root = path.join(import.meta.dirname, "../../..");
const pages = globSync(["README.md", "docs/*.md", "docs/examples/**/*.md"], { cwd: root });
const text = pages.map((page) => readFileSync(path.join(root, page), "utf8")).join("\n");
const routing = readFileSync(path.join(root, "docs/routing.md"), "utf8");

const examples = new Set([
  ...[...text.matchAll(/\{"to": ?"(\+\d+)"/g)].map(([, number = ""]) => number),
  // What routing.md shows as dialled must be something that is dialled.
  ...[...routing.matchAll(/\+\d{9,}/g)].map(([number]) => number),
]);

it("the answer that numbers.md shows is what the gateway finds, and each typing error in it has a suggestion", () => {
  const page = readFileSync(path.join(root, "docs/numbers.md"), "utf8");
  const [, request = "", shown = ""] = /-d '(\{.*\})'.*\n```\n```json\n([^`]*)```/.exec(page) ?? [];
  const lookup = createLookup({ numbers: createNumbers(Value.Default(Numbers, {}) as Config["numbers"]) });
  const known = (input: string, country: string | null = null) =>
    lookup.known({ input, country, bounds: null, languages: ["en-GB"] });
  expect(JSON.parse(shown)).toEqual(numberBody(known(JSON.parse(request).number)));
  const typed = page.split("\n").flatMap((line) => {
    const [, reason, input] = /^\| `(\w+)` \| `([^`]+)`/.exec(line) ?? [];
    return suggestionReasons.some((one) => one === reason) && input !== undefined ? [{ reason, input }] : [];
  });
  // One digit too many is shown in words.
  expect(typed.map(({ reason }) => reason)).toEqual(suggestionReasons.filter((one) => one !== "repeated_digit"));
  for (const { reason, input } of typed) {
    const [first] = known(input, reason === "missing_country_code" ? "GB" : null).suggestions;
    expect(first, input).toMatchObject({ reason });
  }
});

it.each([...examples])("the documentation's example callee %s is one that the gateway accepts", (number) => {
  const numbers = createNumbers(Value.Default(Numbers, {}) as Config["numbers"]);
  expect(numbers.examine(number, null, null)).toMatchObject({ callable: true, refusal: null });
});
