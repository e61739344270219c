/** Policy of single countries: numbers.countries. */
import { describe, expect, test } from "vitest";
import type { NumbersConfig } from "../../../src/numbers/config.ts";
import { numbersChecks } from "../../../src/numbers/config-checks.ts";
import { createLiveNumbers, createNumbers } from "../../../src/numbers/numbers.ts";
import { crossCheck } from "../../../src/typed-yaml/cross-check.ts";

const open: NumbersConfig = {
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [], fixed_line_or_mobile: "allow" },
};
type Countries = NonNullable<NumbersConfig["countries"]>;
const refusal = (countries: Countries, input: string, rest: Partial<NumbersConfig> = {}) =>
  createNumbers({ ...open, ...rest, countries }).examine(input, null, null).refusal;

describe("types", () => {
  test("landlines may be called where a country permits them, and nowhere else", () => {
    const countries: Countries = { GB: { callable_types: ["mobile", "fixed_line"] } };
    expect(refusal(countries, "+441212345678")).toBeNull();
    expect(refusal(countries, "+447400123456")).toBeNull();
    expect(refusal(countries, "+390612345678")).toMatchObject({
      code: "number_is_landline",
      cause: "type_not_allowed",
    });
    // VoIP is not among them.
    expect(refusal(countries, "+445612345678")?.detail).toContain("numbers.countries.GB.callable_types");
  });

  test("a country decides itself about numbers that may be mobile or landline", () => {
    const deny: Partial<NumbersConfig> = { fixed_line_or_mobile: "deny" };
    const us: Countries = { US: { callable_types: ["fixed_line_or_mobile"] } };
    expect(refusal(us, "+12015550123", deny)).toBeNull();
    expect(refusal({ US: { callable_types: ["mobile"] } }, "+12015550123")).toMatchObject({ cause: "type_ambiguous" });
    expect(refusal({ GB: { denied_prefixes: ["+4479"] } }, "+12015550123", deny)).toMatchObject({
      cause: "type_ambiguous",
    });
  });

  test("what costs the caller more than a call stays refused", () => {
    const all: Countries = { GB: { callable_types: ["mobile", "fixed_line", "fixed_line_or_mobile", "voip"] } };
    expect(refusal(all, "+445612345678")).toBeNull();
    for (const input of ["+449098790000", "+448001234567", "+447012345678", "+447640123456"]) {
      expect(refusal(all, input)?.code, input).toBe("number_not_callable");
    }
  });
});

describe("prefixes", () => {
  test("denied, allowed and of high cost, each with its cause and its key", () => {
    const countries: Countries = {
      GB: { denied_prefixes: ["+44741", "+447"], high_cost_ranges: ["+447624"] },
      FR: { allowed_prefixes: ["+3361"], high_cost_ranges: ["+33612"] },
    };
    expect(refusal({ GB: { denied_prefixes: ["+44741"] } }, "+447400123456")).toBeNull();
    expect(refusal(countries, "+447410123456")).toMatchObject({
      ...{ code: "number_not_callable", cause: "prefix_not_allowed" },
      detail: "Numbers with this prefix are not called (numbers.countries.GB.denied_prefixes).",
    });
    expect(refusal(countries, "+33612345678")).toMatchObject({ code: "number_not_callable", cause: "high_cost" });
    expect(refusal(countries, "+33613345678")).toBeNull();
    expect(refusal(countries, "+33623345678")?.detail).toContain("numbers.countries.FR.allowed_prefixes");
  });

  test("of one country do not touch another with the same calling code", () => {
    const countries: Countries = { GB: { denied_prefixes: ["+447"] } };
    expect(refusal(countries, "+447797712345")).toBeNull();
  });

  test("what is denied for all countries stays denied", () => {
    const countries: Countries = { GB: { allowed_prefixes: ["+4474"] } };
    expect(refusal(countries, "+447400123456", { denied_prefixes: ["+447400"] })).not.toBeNull();
    expect(refusal(countries, "+447400123456", { denied_countries: ["GB"] })).not.toBeNull();
  });
});

test("another configuration holds from the next number on", () => {
  let config = open;
  const numbers = createLiveNumbers(() => config);
  const callable = () => numbers.examine("+447400123456", null, null).callable;
  expect(callable()).toBe(true);
  config = { ...open, countries: { GB: { high_cost_ranges: ["+447400"] } } };
  expect(callable()).toBe(false);
});

describe("the configuration", () => {
  const problems = (countries: Countries) =>
    crossCheck({ numbers: { ...open, countries } }, numbersChecks, []).map(({ path, expected }) => [
      path.join("."),
      expected,
    ]);

  test("names countries that exist", () => {
    expect(problems({ UK: {} })).toEqual([["numbers.countries.UK", expect.stringContaining("did you mean GB?")]]);
    expect(problems({ GB: {} })).toEqual([]);
  });

  test("has prefixes of the country's own numbers only: others would never match", () => {
    expect(problems({ GB: { denied_prefixes: ["+4479", "+336"], high_cost_ranges: ["+1"] } })).toEqual([
      ["numbers.countries.GB.denied_prefixes.1", "a prefix of GB, which begins with +44"],
      ["numbers.countries.GB.high_cost_ranges.0", "a prefix of GB, which begins with +44"],
    ]);
  });
});
