import { describe, expect, test } from "vitest";
import { e164PrefixPattern, isE164 } from "../../../src/numbers/e164.ts";
import { isDialString, isSignalledCallerId } from "../../../src/telephony/call-control/signalled-number.ts";

describe("a whole number in E.164", () => {
  test.each([
    ["a mobile", "+447700900123", true],
    ["15 digits, the most there are", "+123456789012345", true],
    ["16 digits", "+1234567890123456", false],
    ["the shortest mobile, on Niue", "+6834000", true],
    ["an extension that looks like a country code", "+442012", false],
    ["no country code begins with 0", "+0447700900123", false],
    ["without the plus sign", "447700900123", false],
    ["a line break at the end", "+447700900123\n", false],
    ["digits of another script", "+٤٤٧٧٠٠٩٠٠١٢٣", false],
    ["letters", "+44770090012a", false],
    ["a list", ["+447700900123"], false],
  ])("%s", (_, text, expected) => {
    expect(isE164(text)).toBe(expected);
  });

  test("its prefixes: a plus sign and first digits, the plus sign alone where that may match all", () => {
    const route = new RegExp(e164PrefixPattern(0, 12));
    expect(["+", "+4", "+447700900123"].map((text) => route.test(text))).toEqual([true, true, true]);
    expect(["", "+0", "44", "+4477009001234"].map((text) => route.test(text))).toEqual([false, false, false, false]);
    const block = new RegExp(e164PrefixPattern(2, 13));
    expect(["+44", "+4477009", "+", "+4"].map((text) => block.test(text))).toEqual([true, true, false, false]);
  });
});

describe("a number as it is signalled to a trunk is another thing", () => {
  test.each([
    ["national form", "07700900123", true, true],
    ["a tech prefix of nine digits and a number of 15", "123456789123456789012345", true, false],
    ["one digit more", "1234567891234567890123456", false, false],
    ["a plus sign does not count as a digit", "+123456789012345", true, true],
    ["two digits", "12", false, false],
    ["a second plus sign", "++44770090012", false, false],
  ])("%s", (_, text, dialled, callerId) => {
    expect([isDialString(text), isSignalledCallerId(text)]).toEqual([dialled, callerId]);
  });
});
