/** Which language serves a wish for one. */
import { describe, expect, it } from "vitest";
import { isRightToLeft, lookup } from "../../../src/shared/locale.ts";

const available = new Set(["en", "pt", "pt-BR", "zh", "zh-Hant", "id", "de-AT", "sr-Latn"]);

it.each([
  ["pt-BR", "pt-BR"],
  ["pt-AO", "pt"],
  ["PT_br", "pt-BR"],
  ["pt-BR-x-private", "pt-BR"],
  // A single letter is removed with what follows it (RFC 4647, 3.4).
  ["pt-PT-u-nu-latn", "pt"],
  ["zh-CN", "zh"],
  ["zh-TW", "zh-Hant"],
  ["zh-HK", "zh-Hant"],
  ["zh-Hans-SG", "zh"],
  // The code of Indonesian before 1989.
  ["in-ID", "id"],
  ["sr-RS", null],
  ["sr-Latn-RS", "sr-Latn"],
  // A region's texts do not serve the language as a whole.
  ["de", null],
  ["nl", null],
  ["", null],
  ["not a tag", null],
  ["en-", null],
])("%j is served by %j", (wanted, served) => {
  expect(lookup([wanted], available)).toBe(served);
});

it("goes on to the next wish where there is nothing for one", () => {
  expect(lookup([null, undefined, "nl-BE", "!", "pt"], available)).toBe("pt");
  expect(lookup([], available)).toBeNull();
});

describe("right to left", () => {
  it.each(["ar", "ar-EG", "fa", "ur", "he", "ckb", "pa-Arab", "dv", "yi"])("%s", (tag) => {
    expect(isRightToLeft(tag)).toBe(true);
  });
  it.each(["en", "pa", "hi", "zh", "tr", "x", ""])("not %j", (tag) => {
    expect(isRightToLeft(tag)).toBe(false);
  });
});
