import fc from "fast-check";
import { type CountryCode, getCountries, getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { describe, expect, it } from "vitest";
import { callerIdPattern } from "../../../src/channels/missed-call/caller-id-pattern.ts";
import { codeWithin, readCallerId } from "../../../src/channels/missed-call/guess.ts";
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
    ["+44770090", 4, "+44 (0)7700 900123"],
    ["+44770090", 4, "+44 7700\u2011900123"],
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
    ["+44770090", 4, "+447700900123 (Anna)", "a word after it"],
    ["+44770090", 4, "+44\n7700900123", "a line break inside"],
    ["+44770090", 4, "44+7700900123", "a plus sign inside"],
    ["+44770090", 4, "++447700900123", "two plus signs"],
    ["+44770090", 4, "-+447700900123", "a dash before the plus sign"],
    [
      "+44770090",
      4,
      "\u0660\u0667\u0667\u0660\u0660\u0669\u0660\u0660\u0661\u0662\u0663",
      "digits that no call log has",
    ],
    ["+44770090", 4, `+44${" ".repeat(60)}7700900123`, "more than 64 characters"],
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

  describe("and the reader of /check", () => {
    const digits = fc.stringMatching(/^\d{4}$/);
    const gap = fc.string({
      unit: fc.constantFrom(..." \t()./-\u00a0\u2009\u2011\u2013\u202a\u202c\u2068\u2069"),
      maxLength: 3,
    });
    const style = fc.constantFrom("+44", "0044", "011 44", "44", "0", "", "+44(0)", "00 44 (0)");
    const shown = fc.tuple(style, digits, fc.infiniteStream(gap)).map(([start, code, gaps]) => {
      const national = [..."770090", ...code].map((digit) => digit + (gaps.next().value ?? "")).join("");
      return { text: `\u202a${start}${national}\u202c`, code };
    });

    it("what is read as our caller ID is matched, as call logs hold it", () => {
      const pattern = new RegExp(callerIdPattern("+44770090", 4));
      fc.assert(
        fc.property(shown, ({ text, code }) => {
          fc.pre(text.length <= 64);
          expect(codeWithin(readCallerId(text), "+44770090", 4)).toBe(code);
          expect(pattern.test(text)).toBe(true);
        }),
        { numRuns: 2000 },
      );
    });

    it("what is matched is read, and has the same last digits", () => {
      const alphabet = [...separators(), ..."+\uff0b0123456789\n\r\u2028ax,;:*#\u0600\u0e51", ..."\u0667\uff17"];
      const noise = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 4 });
      const text = fc
        .tuple(noise, shown, noise, fc.nat(20))
        .map(([before, { text: number }, inside, at]) => before + number.slice(0, at) + inside + number.slice(at));
      for (const [prefix, count] of [
        ["+44770090", 4],
        ["+4477", 8],
        ["+447", 9],
      ] as const) {
        const pattern = new RegExp(callerIdPattern(prefix, count));
        fc.assert(
          fc.property(text, (each) => {
            if (pattern.test(each)) expect(codeWithin(readCallerId(each), prefix, count)).not.toBeNull();
          }),
          { numRuns: 5000 },
        );
      }
    });

    it("agree on every character that is matched, of the Basic Multilingual Plane", () => {
      const pattern = new RegExp(callerIdPattern("+44770090", 4));
      const unread: string[] = [];
      for (let codePoint = 0; codePoint < 0x1_0000; codePoint++) {
        const character = String.fromCharCode(codePoint);
        for (const text of [`+447700${character}900123`, `${character}447700900123`, `447700900123${character}`]) {
          let code: string | null;
          try {
            code = codeWithin(readCallerId(text), "+44770090", 4);
          } catch {
            code = null;
          }
          if (code === null && pattern.test(text)) unread.push(`U+${codePoint.toString(16)}`);
        }
      }
      expect(unread).toEqual([]);
    });
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

/** Everything that the reader drops between digits, of the Basic Multilingual Plane. */
function separators(): string[] {
  const characters = Array.from({ length: 0x1_0000 }, (_, codePoint) => String.fromCharCode(codePoint));
  return characters.filter((each) => /[\p{Zs}\p{Pd}\t.\/\(\)\u2212]|[\p{Cf}&&\p{DI}]/v.test(each));
}
