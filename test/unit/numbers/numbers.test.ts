import fc from "fast-check";
import { getCountries, getExampleNumber, isPossiblePhoneNumber, isValidPhoneNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { describe, expect, test } from "vitest";
import type { NumbersConfig } from "../../../src/numbers/config.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";

const open: NumbersConfig = {
  allowed_countries: [],
  denied_countries: [],
  denied_prefixes: [],
  fixed_line_or_mobile: "allow",
};
const numbers = createNumbers(open);
const codeOf = (input: string, country: string | null = null) => numbers.examine(input, country, null).refusal?.code;

describe("what is known of a number", () => {
  test("a mobile in international format", () => {
    expect(numbers.examine("+33 6 12 34 56 78", null, null)).toEqual({
      input: "+33 6 12 34 56 78",
      e164: "+33612345678",
      valid: true,
      possible: true,
      type: "mobile",
      country: "FR",
      national: "06 12 34 56 78",
      international: "+33 6 12 34 56 78",
      rfc3966: "tel:+33-6-12-34-56-78",
      callable: true,
      refusal: null,
    });
  });

  test("national format is read with the request's country, else with the configured one", () => {
    expect(numbers.examine("07400 123456", "GB", null).e164).toBe("+447400123456");
    const british = createNumbers({ ...open, default_country: "GB" });
    expect(british.examine("07400 123456", null, null).e164).toBe("+447400123456");
    expect(british.examine("06 12 34 56 78", "FR", null).e164).toBe("+33612345678");
    expect(british.examine("+33 6 12 34 56 78", null, null).e164).toBe("+33612345678");
  });

  test("national format without any country is refused with what to do", () => {
    expect(numbers.examine("07400 123456", null, null).refusal).toEqual({
      code: "number_invalid",
      detail: "Write the number with + and the country's calling code, or add `country`.",
      cause: "country_needed",
    });
    expect(numbers.examine("0044 7400 123456", null, null).refusal?.detail).toContain("instead of 00");
  });

  test("a country that does not exist is the request's mistake", () => {
    for (const country of ["ZZ", "UK", "", "constructor", "GBR"]) {
      expect(codeOf("+447400123456", country), country).toBe("invalid_request");
    }
  });

  test("a country is read in either case, and UK is told that it means GB", () => {
    expect(numbers.examine("07400 123456", "gb", null).e164).toBe("+447400123456");
    const detailOf = (country: string) => numbers.examine("07400 123456", country, null).refusal?.detail;
    expect(detailOf("uk")).toBe("`country` UK is not an ISO 3166 country code; did you mean GB?");
    expect(detailOf("ZZ")).toBe("`country` ZZ is not an ISO 3166 country code; use two letters, such as GB.");
    expect(detailOf("england, 07400 123456")).not.toContain("07400");
  });

  test("a number is read as contact lists paste it", () => {
    for (const pasted of ["\u202d+44\u00a07400\u00a0123456\u202c", "+44 7400\u2011123456", "+44 (0)7400 123456\n"]) {
      expect(numbers.examine(pasted, null, null)).toMatchObject({ e164: "+447400123456", callable: true });
    }
  });

  test.each([
    ["+44", "number_too_short"],
    ["+447", "number_too_short"],
    ["+44740012", "number_too_short"],
    ["+1202555012", "number_too_short"],
    ["+447400123456789", "number_too_long"],
    ["+44740012345678901", "number_too_long"],
    ["+4474001234567890123456", "number_too_long"],
    ["+47123456", "number_invalid"],
    ["+12223334444", "number_invalid"],
    ["+999123456789", "number_invalid"],
    ["hello", "number_invalid"],
    ["+44 7400 123456;ext=5", "number_invalid"],
    ["+441212345678", "number_is_landline"],
    ["+390612345678", "number_is_landline"],
    ["+449098790000", "number_not_callable"],
    ["+448001234567", "number_not_callable"],
    ["+447012345678", "number_not_callable"],
    ["+445612345678", "number_not_callable"],
    ["+447640123456", "number_not_callable"],
    ["+80012345678", "number_not_callable"],
    ["+979123456789", "number_not_callable"],
  ])("%s: %s", (input, code) => {
    const facts = numbers.examine(input, null, null);
    expect(facts.refusal?.code).toBe(code);
    expect(facts.callable).toBe(false);
  });

  test("what is longer than E.164 allows is never given as a number to dial", () => {
    expect(numbers.examine("+44740012345678901", null, null)).toMatchObject({
      e164: null,
      valid: false,
      country: null,
    });
  });

  test("short numbers that lead to emergency services are not callable", () => {
    for (const [input, country] of [
      ["112", "GB"],
      ["911", "US"],
      ["999", "GB"],
      ["110", "DE"],
    ] as const) {
      expect(codeOf(input, country)).toBe("number_too_short");
    }
  });

  test.each(["+881612345678", "+870773123456", "+88216123456789"])("satellite phone %s is not callable", (input) => {
    expect(numbers.examine(input, null, null)).toMatchObject({
      valid: true,
      type: "satellite",
      country: null,
      callable: false,
      refusal: { code: "number_not_callable" },
    });
  });
});

describe("policy", () => {
  const examine = (config: Partial<NumbersConfig>, input: string, app: readonly string[] | null = null) =>
    createNumbers({ ...open, ...config }).examine(input, null, app === null ? null : { allowedCountries: app }).refusal
      ?.code;

  test("countries that are denied, not allowed, or not allowed for the app", () => {
    expect(examine({ denied_countries: ["FR"] }, "+33612345678")).toBe("country_not_allowed");
    expect(examine({ denied_countries: ["FR"] }, "+447400123456")).toBeUndefined();
    expect(examine({ allowed_countries: ["GB"] }, "+33612345678")).toBe("country_not_allowed");
    expect(examine({ allowed_countries: ["GB"] }, "+447400123456")).toBeUndefined();
    expect(examine({}, "+33612345678", ["GB"])).toBe("country_not_allowed");
    expect(examine({}, "+447400123456", ["GB"])).toBeUndefined();
    expect(examine({ denied_countries: ["GB"] }, "+447400123456", ["GB"])).toBe("country_not_allowed");
  });

  test("a number of no country is no matter of allowed countries", () => {
    expect(examine({ allowed_countries: ["FR"] }, "+881612345678")).toBe("number_not_callable");
    expect(examine({ allowed_countries: ["FR"] }, "+80012345678")).toBe("number_not_callable");
  });

  test("an app's prefixes narrow what the configuration permits", () => {
    const examineFor = (bounds: { allowedPrefixes?: string[]; deniedPrefixes?: string[] }, input = "+447400123456") =>
      createNumbers(open).examine(input, null, { allowedCountries: null, ...bounds }).refusal?.code;
    expect(examineFor({ allowedPrefixes: ["+4475", "+44740"] })).toBeUndefined();
    expect(examineFor({ allowedPrefixes: ["+4475"] })).toBe("number_not_callable");
    expect(examineFor({ deniedPrefixes: ["+447400"] })).toBe("number_not_callable");
    expect(examineFor({ allowedPrefixes: ["+44"], deniedPrefixes: ["+447400"] })).toBe("number_not_callable");
    expect(examineFor({ allowedPrefixes: ["+33"] }, "+33612345678")).toBeUndefined();
  });

  test("a denied prefix is refused whatever allows the number, and others are not", () => {
    const denied = { allowed_countries: ["GB"], denied_prefixes: ["+4474001", "+33639"] };
    expect(examine(denied, "+447400123456", ["GB"])).toBe("number_not_callable");
    expect(examine(denied, "+447400234567", ["GB"])).toBeUndefined();
  });

  test("countries that share a calling code are told apart", () => {
    expect(examine({ allowed_countries: ["US"] }, "+16135550123")).toBe("country_not_allowed");
    expect(examine({ allowed_countries: ["GB"] }, "+447624123456")).toBe("country_not_allowed");
  });

  test("numbers that may be mobile or landline go by the configured policy", () => {
    expect(numbers.examine("+12015550123", null, null)).toMatchObject({ type: "fixed_line_or_mobile", callable: true });
    expect(examine({ fixed_line_or_mobile: "deny" }, "+12015550123")).toBe("number_not_callable");
  });
});

describe("for any input", () => {
  const country = fc.option(fc.constantFrom(...getCountries(), "ZZ"), { nil: null });
  const input = fc.oneof(
    fc.string({ unit: fc.constantFrom(..."+0123456789 ()-./"), maxLength: 45 }),
    fc.tuple(fc.constantFrom(...getCountries()), fc.nat(99_999)).map(([from, change]) => {
      const example = getExampleNumber(from, examples)?.number ?? "+1";
      return example.slice(0, -5) + String(change).padStart(5, "0");
    }),
    fc.string({ unit: "binary" }),
  );

  test("the facts never contradict each other and nothing throws", () => {
    fc.assert(
      fc.property(input, country, (given, home) => {
        const facts = numbers.examine(given, home, null);
        expect(facts.callable).toBe(facts.refusal === null);
        if (facts.e164 !== null) expect(facts.e164).toMatch(/^\+\d{3,15}$/);
        if (facts.callable) {
          expect(facts).toMatchObject({ valid: true, possible: true, e164: expect.any(String) });
          expect(facts.country).toMatch(/^[A-Z]{2}$/);
          expect(["mobile", "fixed_line_or_mobile"]).toContain(facts.type);
        }
        if (facts.refusal) expect(facts.refusal.detail).not.toMatch(/\d{5}/);
      }),
      { numRuns: 2000 },
    );
  });

  test("valid and possible are what libphonenumber says of the same digits", () => {
    fc.assert(
      fc.property(input, (given) => {
        const facts = numbers.examine(given, null, null);
        if (facts.e164 === null) return;
        expect(facts.valid).toBe(isValidPhoneNumber(facts.e164));
        expect(facts.possible).toBe(isPossiblePhoneNumber(facts.e164));
      }),
      { numRuns: 2000 },
    );
  });
});

test("an example mobile of every country in the world is callable", () => {
  const refused = getCountries().filter((country) => {
    const example = getExampleNumber(country, examples);
    return example && !numbers.examine(example.number, null, null).callable;
  });
  expect(refused).toEqual([]);
});
