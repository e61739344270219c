import fc from "fast-check";
import { getCountries, getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { describe, expect, test } from "vitest";
import type { NumbersConfig } from "../../../../src/numbers/config.ts";
import { createLookup } from "../../../../src/numbers/lookup/lookup.ts";
import { maxSuggestions } from "../../../../src/numbers/lookup/suggestions.ts";
import { createNumbers } from "../../../../src/numbers/numbers.ts";

const open: NumbersConfig = {
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [], fixed_line_or_mobile: "allow" },
};
const numbers = createNumbers(open);
const lookup = createLookup({ numbers });
const known = (input: string, country: string | null = null, languages: readonly string[] = []) =>
  lookup.known({ input, country, bounds: null, languages });
const meant = "+447400123456";

describe("typing errors", () => {
  test.each([
    ["a bare 0 after the country code", "+44 07400 123456", null, "national_prefix"],
    ["the same without a plus sign", "4407400123456", "GB", "national_prefix"],
    ["the same after an international prefix", "00 44 07400 123456", "GB", "national_prefix"],
    ["00 and no country", "0044 7400 123456", null, "international_prefix"],
    ["011 and no country", "011 44 7400 123456", null, "international_prefix"],
    ["00 behind the plus sign", "+0044 7400 123456", null, "international_prefix"],
    ["no plus sign", "44 7400 123456", null, "missing_plus"],
    ["no plus sign, and another country", "447400123456", "FR", "missing_plus"],
    ["the plus sign at the end", "447400123456+", null, "missing_plus"],
    ["no country code behind the plus sign", "+7400123456", "GB", "missing_country_code"],
    ["national format behind a plus sign", "+07400123456", "gb", "missing_country_code"],
    ["the country code twice", "+44 44 7400 123456", null, "doubled_country_code"],
    ["the country code twice, without a plus sign", "44447400123456", null, "doubled_country_code"],
    ["the country code twice, in national format", "44447400123456", "GB", "doubled_country_code"],
    ["two plus signs", "+44 +44 7400 123456", null, "doubled_country_code"],
    ["the country code and 0044", "+44 0044 7400 123456", null, "doubled_country_code"],
    ["another country's code in front", "+62 44 7400 123456", null, "doubled_country_code"],
    ["the country code twice and a bare 0", "+44 44 07400 123456", null, "doubled_country_code"],
    ["letters for digits", "+44 74OO l23456", null, "letters"],
    ["letters for digits of national format", "O74OO I23456", "GB", "letters"],
    ["Cyrillic letters for digits", "+44 74ОО 123456", null, "letters"],
    ["letters and a bare 0", "+44 O74OO 123456", null, "letters"],
    ["a URI", "tel:+44-7400-123456", null, "other_text"],
    ["words beside it", "mobile: 07400 123456 (work)", "GB", "other_text"],
  ])("%s: %s", (_what, input, country, reason) => {
    const { facts, suggestions } = known(input, country);
    expect(facts).toMatchObject({ valid: false, callable: false });
    expect(suggestions).toContainEqual({ number: meant, reason });
    expect(facts.e164).not.toBe(meant);
  });

  test("national format is completed by the region of a language, where no country is given", () => {
    expect(known("07400 123456", null, ["fr", "en-GB"]).suggestions).toEqual([
      { number: meant, reason: "missing_country_code" },
    ]);
    expect(known("07400 123456", null, ["en"]).suggestions).toEqual([]);
  });

  test("the 0 with which a country's numbers begin", () => {
    for (const input of ["+225 7 12 34 56 78", "+225 (0)7 12 34 56 78"]) {
      expect(known(input).suggestions, input).toEqual([{ number: "+2250712345678", reason: "missing_zero" }]);
    }
  });

  test("a digit that was typed twice, where there is only one", () => {
    expect(known("+44 7940 1225 368").suggestions).toEqual([{ number: "+447940125368", reason: "repeated_digit" }]);
    // Three pairs: any of them may be the error.
    expect(known("+44 7400 112 2336").suggestions).toEqual([]);
  });

  test.each([
    ["digits of a prefix inside the country, elsewhere than a 0", "+7 8 912 345 67 89", "+79123456789"],
    ["the country code of one digit twice", "+1 1 201 555 0123", "+12015550123"],
    ["what the library would replace", "+54 11 15 2345 6789", "+5491123456789"],
    ["8 in place of 7", "+8 912 345 67 89", "+79123456789"],
  ])("%s: %s", (_what, input, number) => {
    const { facts, suggestions } = known(input, "RU");
    expect(facts.e164).toBeNull();
    expect(suggestions.map((one) => one.number)).toContain(number);
  });

  test.each([
    "",
    "hello",
    "1-800-FLOWERS",
    "+447400123456 +447400123457",
    "+447400123456 ext 5",
    "+44 7400 12345",
    "+44",
    "112",
    "O".repeat(64),
  ])("nothing can be said of %j", (input) => {
    expect(known(input, "GB").suggestions).toEqual([]);
  });

  test("nor of a text that is longer than any number", () => {
    expect(known("1".repeat(10_000), "GB").suggestions).toEqual([]);
    expect(known("l".repeat(1_000_000), "GB").suggestions).toEqual([]);
  });

  test("a valid number has none, whether or not it may be called, and nor has one whose country is none", () => {
    for (const input of [meant, "+441212345678", "+44 (0)7400 123456", "44 (0)7400 123456"]) {
      expect(known(input, "GB").suggestions, input).toEqual([]);
    }
    expect(known(meant, "UK").suggestions).toEqual([]);
  });

  test("numbers that may be called come alone, where there are any", () => {
    const { suggestions } = createLookup({ numbers: createNumbers({ ...open, denied_countries: ["GB"] }) }).known({
      ...{ input: "+44 07400 123456", country: null, bounds: null, languages: [] },
    });
    expect(suggestions).toEqual([{ number: meant, reason: "national_prefix" }]);
  });
});

describe("for any input", () => {
  const country = fc.option(fc.constantFrom(...getCountries(), "ZZ"), { nil: null });
  const mobile = fc
    .constantFrom(...getCountries())
    .map((from) => getExampleNumber(from, examples)?.number ?? "+447400123456");
  /** A number with something typed, left out or twice. */
  const mistyped = fc
    .tuple(mobile, fc.nat(15), fc.constantFrom("", "0", "00", "+", "O", "l", "(0)", "44", " ", "x", "-"), fc.nat(2))
    .map(([number, at, typed, left]) => number.slice(0, at) + typed + number.slice(at + left));
  const input = fc.oneof(
    mistyped,
    fc.string({ unit: fc.constantFrom(..."+0123456789 ()-./OolI"), maxLength: 30 }),
    fc.string({ unit: "binary", maxLength: 80 }),
  );
  const languages = fc.array(fc.constantFrom("en-GB", "de", "zh-TW", "ar", "x", "id-ID", "\u0000"), { maxLength: 3 });

  test("nothing throws; a suggestion is valid by itself, differs from the input, and is callable where one is", () => {
    let offered = 0;
    fc.assert(
      fc.property(input, country, languages, (given, home, wanted) => {
        const { facts, message, suggestions } = known(given, home, wanted);
        expect(suggestions.length).toBeLessThanOrEqual(maxSuggestions);
        if (facts.valid) expect(suggestions).toEqual([]);
        const judged = suggestions.map(({ number }) => numbers.examine(number, null, null));
        for (const [index, { number }] of suggestions.entries()) {
          offered++;
          expect(number).not.toBe(given.trim());
          expect(number).not.toBe(facts.e164);
          expect(judged[index]).toMatchObject({ valid: true, e164: number });
        }
        expect(new Set(judged.map(({ callable }) => callable)).size).toBeLessThanOrEqual(1);
        expect(message === null).toBe(facts.callable || facts.refusal?.cause === "invalid_country");
      }),
      { numRuns: 1500 },
    );
    expect(offered).toBeGreaterThan(50);
  });

  test("reading is idempotent: a number that was read is read as itself", () => {
    fc.assert(
      fc.property(input, country, (given, home) => {
        const { e164, valid } = numbers.examine(given, home, null);
        if (e164 !== null && valid) expect(numbers.examine(e164, home, null)).toMatchObject({ e164, valid });
      }),
      { numRuns: 3000 },
    );
  });

  test("what is read in international form is what was written, up to a bracketed 0 and an international prefix", () => {
    fc.assert(
      fc.property(mistyped, (given) => {
        const { e164 } = numbers.examine(given, null, null);
        if (e164 === null) return;
        const written = given.replace(/[^\d+(]/g, "");
        expect([written.replaceAll("(", ""), written.replace("(0", "")]).toContain(e164);
      }),
      { numRuns: 1500 },
    );
  });
});
