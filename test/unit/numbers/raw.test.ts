import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRaw } from "../../../src/numbers/raw.ts";

describe("a number as it was typed", () => {
  test.each([
    ["+447911123456", "+447911123456"],
    ["+44 7911 123-456", "+447911123456"],
    ["(+44) 7911.123.456", "+447911123456"],
    ["(020) 7946/0018", "02079460018"],
    [" 07911 123456 ", "07911123456"],
    ["+٤٤٧٩١١١٢٣٤٥٦", "+447911123456"],
    ["＋447911123456", "+447911123456"],
    ["+447911\u200b123456", "+447911123456"],
    ["+447911\t123456", "+447911123456"],
    ["+44 (0) 7911 123456", "+447911123456"],
  ])("%s is read as %s", (input, digits) => {
    expect(readRaw(input)).toEqual({ digits });
  });

  test.each([
    ["+44 7911 123456;ext=5", "letters"],
    ["+1 800 FLOWERS", "letters"],
    ["+447911123456x5", "letters"],
    ["tel:+447911123456", "letters"],
    ["+447911123456\r\nAction: Originate", "line break"],
    ["+447911123456\u0000", "control characters"],
    ["+44+7911123456", "plus sign"],
    ["07911+123456", "plus sign"],
    ["+447911123456,5", "other than digits"],
    ["+447911123456#5", "other than digits"],
    ["*21*07911123456", "other than digits"],
    ["+44@7911", "other than digits"],
    ["", "no digits"],
    ["+", "no digits"],
    ["( )", "no digits"],
  ])("%j is refused: %s", (input, why) => {
    expect(readRaw(input)).toEqual({
      refusal: { code: "number_invalid", detail: expect.stringContaining(why), cause: "not_a_number" },
    });
  });

  test("a longer text than any number is refused before it is looked at", () => {
    expect(readRaw("1".repeat(41))).toMatchObject({ refusal: { code: "number_too_long" } });
    expect(readRaw(" ".repeat(10_000_000))).toMatchObject({ refusal: { code: "number_too_long" } });
  });

  test("a number is read as an optional plus sign and ASCII digits, and a refusal quotes nothing", () => {
    const phoneish = fc.string({ unit: fc.constantFrom(..."+0123456789 ()-./,;xe٤\n") });
    fc.assert(
      fc.property(fc.oneof(phoneish, fc.string({ unit: "binary" })), (input) => {
        const raw = readRaw(input);
        if ("digits" in raw) expect(raw.digits).toMatch(/^\+?[0-9]+$/);
        else if (input.replace(/[^0-9]/g, "").length >= 4) expect(raw.refusal.detail).not.toContain(input);
      }),
    );
  });
});
