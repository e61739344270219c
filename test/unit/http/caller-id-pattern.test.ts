import fc from "fast-check";
import { type CountryCode, getCountries, getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { describe, expect, it } from "vitest";
import { callerIdPattern } from "../../../src/channels/missed-call/caller-id-pattern.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const matches = (prefix: string, digits: number, shown: string) =>
  new RegExp(callerIdPattern(prefix, digits)).test(shown);

describe("the pattern of a caller ID", () => {
  it.each([
    ["+44770090", 4, "+447700900123"],
    ["+44770090", 4, "00447700900123"],
    ["+44770090", 4, "447700900123"],
    ["+44770090", 4, "07700900123"],
    ["+44770090", 4, "7700900123"],
    ["+44770090", 4, "+44 7700 900123"],
    ["+44770090", 4, "07700 900-123"],
    ["+44770090", 4, "0044 7700 900 123"],
    ["+44770090", 4, "011 44 7700 900123"],
    ["+44770090", 4, "\u202a+44 7700\u00a0900123\u202c"],
    ["+1202555", 4, "+12025550123"],
    ["+1202555", 4, "(202) 555-0123"],
    ["+1202555", 4, "1-202-555-0123"],
    ["+7912345", 4, "8 (912) 345-67-89"],
    ["+36301234", 3, "06 30 123 4567"],
    ["+3581234", 5, "01234 567 89"],
    ["+551198765", 4, "0 41 11 98765-4321"],
    ["+87012345", 4, "+870 1234 56789"],
  ])("of %s and %i digits recognises %j", (prefix, digits, shown) => {
    expect(matches(prefix, digits, shown)).toBe(true);
  });

  it.each([
    ["+44770090", 4, "+447700910123", "another block"],
    ["+44770090", 4, "+44770090012", "a digit too few"],
    ["+44770090", 4, "+4477009001234", "a digit too many"],
    ["+44770090", 4, "+12345447700900123", "a longer number around it"],
    ["+44770090", 4, "770090", "the prefix alone"],
    ["+44770090", 4, "", "a hidden number"],
    ["+44770090", 4, "Anonymous", "a word"],
  ])("of %s and %i digits does not take %j: %s", (prefix, digits, shown) => {
    expect(matches(prefix, digits, shown)).toBe(false);
  });

  it("recognises every country's example number as its phones show it, at home and abroad", () => {
    const missed = getCountries().filter((country: CountryCode) => {
      const number = getExampleNumber(country, examples);
      if (number === undefined || number.number.length < 10) return false;
      const pattern = new RegExp(callerIdPattern(number.number.slice(0, -4), 4));
      const shown = [number.number, number.formatInternational(), number.formatNational()];
      return !shown.every((each) => pattern.test(each));
    });
    // Within Argentina the 9 after the country code goes, and a 15 comes after the area code.
    expect(missed).toEqual(["AR"]);
  });

  it("takes any text in no time", () => {
    const pattern = new RegExp(callerIdPattern("+447700900", 3));
    const text = fc.oneof(fc.string({ maxLength: 2000 }), fc.stringMatching(/^[0-9 +().-]{0,2000}$/));
    const tookMs = cpuTimeMs(() => {
      fc.assert(
        fc.property(text, (shown) => pattern.test(shown) || true),
        { numRuns: 200 },
      );
      for (const shown of [" ".repeat(50_000), "4".repeat(50_000), "4 ".repeat(25_000)]) pattern.test(shown);
    });
    expect(tookMs).toBeLessThan(2000);
  });
});
