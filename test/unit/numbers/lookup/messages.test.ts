import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { languages as messageLanguages } from "../../../../src/channels/messages/languages.ts";
import type { NumbersConfig } from "../../../../src/numbers/config.ts";
import { languages } from "../../../../src/numbers/lookup/languages.ts";
import { createLookup } from "../../../../src/numbers/lookup/lookup.ts";
import { createNumbers } from "../../../../src/numbers/numbers.ts";

const open: NumbersConfig = {
  ...{ allowed_countries: [], denied_countries: ["FR"], denied_prefixes: ["+4479"], fixed_line_or_mobile: "deny" },
};
const lookup = createLookup({ numbers: createNumbers(open) });
const message = (input: string, wanted: readonly string[] = [], country: string | null = null) =>
  lookup.known({ input, country, bounds: null, languages: wanted }).message;

describe("what the person is told", () => {
  test.each([
    ["+44 7400 12345", "United Kingdom: one digit is missing."],
    ["+62 812 3456 7", "Indonesia: one digit is missing."],
    ["+62 812 345", "Indonesia: the number is too short."],
    ["+44 7400 123 4567", "United Kingdom: there is one digit too many."],
    ["+62 812 3456 7890 123", "Indonesia: the number is too long."],
    ["+47 123 456", "+47: the number of digits is wrong."],
    ["+1 222 333 4444", "+1: this number is not in use."],
    ["+44", "The number is too short."],
    ["+44 7400 123456 7890 123456 7890", "The number is too long."],
    ["hello", "This is not a phone number. Enter digits only."],
    ["07400 123456", "Start with + and the country code."],
    ["+999 123 456", "No country has this country code."],
    ["+44 07400 123456", "Check the digits right after the country code."],
    ["+33 6 12 34 56 78", "France: numbers from there are not accepted."],
    ["+44 121 234 5678", "This is a landline number. Enter a mobile number."],
    ["+44 7911 123456", "This number cannot be used. Enter another mobile number."],
    ["+1 201 555 0123", "This number cannot be used. Enter another mobile number."],
    ["+800 1234 5678", "This number cannot be used. Enter another mobile number."],
  ])("%s: %s", (input, expected) => {
    expect(message(input)).toBe(expected);
  });

  test("the country of a national number is named, although others share its calling code", () => {
    expect(message("07400 12345", ["en"], "GB")).toBe("United Kingdom: one digit is missing.");
    expect(message("0912 345 67", ["de"], "IR")).toBe("Iran: Die Nummer ist zu kurz.");
  });

  test("nothing of a number that may be called, nor of a country that the person did not type", () => {
    expect(message("+44 7400 123456")).toBeNull();
    expect(message("07400", ["en"], "UK")).toBeNull();
  });

  test("in the first language wanted that there are texts in, with the country's name in it", () => {
    const short = "+62 812 3456 7";
    expect(message(short, ["id"])).toBe("Indonesia: kurang satu angka.");
    expect(message(short, ["de-AT", "fr"])).toBe("Indonesien: Es fehlt eine Ziffer.");
    expect(message(short, ["xx", "fr-CA"])).toBe("Indonésie : il manque un chiffre.");
    expect(message(short, ["zh-TW"])).toBe("印尼：少了一位數字。");
    expect(message(short, ["zh"])).toBe("印度尼西亚：少了一位数字。");
    expect(message(short, ["not a tag", "xx"])).toBe("Indonesia: one digit is missing.");
  });

  test("a calling code keeps its plus sign in front within a text that is written from right to left", () => {
    expect(message("+1 222 333 4444", ["ar"])).toContain("\u2066+1\u2069:");
  });
});

describe("the texts", () => {
  test("are there in every language that messages have", () => {
    expect([...languages.keys()].sort()).toEqual([...messageLanguages.keys()].sort());
    const files = readdirSync(new URL("../../../../src/numbers/lookup/texts/", import.meta.url));
    expect(files).toHaveLength(languages.size);
  });

  const english = languages.get("en") ?? {};
  test.each([...languages])("in %s are whole", (_tag, texts) => {
    expect(Object.keys(texts)).toEqual(Object.keys(english));
    for (const [key, text] of Object.entries(texts)) {
      const inEnglish = (english as Record<string, string>)[key] ?? "";
      expect(text.match(/\{[^}]*\}/g), key).toEqual(inEnglish.match(/\{[^}]*\}/g));
      expect(text.trim(), key).toBe(text);
      // Fits under the field of a form on a phone.
      expect(text.length, key).toBeLessThan(100);
    }
  });
});
