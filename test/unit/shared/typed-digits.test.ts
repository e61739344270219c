import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxTypedLength, readTyped } from "../../../src/shared/typed-digits.ts";

describe("a number as it is pasted", () => {
  it.each([
    ["\u202d+44\u00a07400\u00a0123456\u202c", "447400123456", true],
    ["+44 7400\u2011123456", "447400123456", true],
    ["+44\u20137400\u2212123456", "447400123456", true],
    [
      "\uff0b\uff14\uff14\u3000\uff17\uff14\uff10\uff10\uff0d\uff11\uff12\uff13\uff14\uff15\uff16",
      "447400123456",
      true,
    ],
    ["\uff10\uff19\uff10\u30fc\uff11\uff12\uff13\uff14\uff70\uff15", "09012345", false],
    ["\u0660\u0667\u0664\u0660\u0660", "07400", false],
    ["\u06f0\u06f7\u06f4\u06f0\u06f0", "07400", false],
    ["\u{1d7d8}\u{1d7df}\u{1d7ce}\u{1d7ff}", "0709", false],
    ["\r\n +447400123456\r\n", "447400123456", true],
    ["\u2066+447400123456\u2069\n\u200e", "447400123456", true],
    ["07400\t123456", "07400123456", false],
    ["07400\u00ad123\u200d456", "07400123456", false],
    ["+44 (0)7400 123456", "447400123456", true],
    ["+44(0)7400123456", "447400123456", true],
    ["(+44) (0) 7400 123456", "447400123456", true],
    ["0044 (0)7400 123456", "00447400123456", false],
    ["+353 \uff08\uff10\uff09 85 0123456", "353850123456", true],
    ["(0)7400 123456", "07400123456", false],
    ["+447400(0)123456", "4474000123456", true],
  ])("%j is read as %s", (text, digits, plus) => expect(readTyped(text)).toEqual({ digits, plus }));

  it.each([
    ["+447400\n123456", "line break"],
    ["+447400123456\r\nAction: Originate", "line break"],
    ["+447400\u2028123456", "line break"],
    ["+447400123456\0", "control characters"],
    ["+447400123456\u0007", "control characters"],
    ["+447400123456x5", "letters"],
    ["O7400123456", "letters"],
    ["+44740012345\u00b2", "other than"],
    ["+44740012345\u2460", "other than"],
    ["+44740012345\u4e00", "letters"],
    ["+447400\ufffd123456", "other than"],
    ["+447400\u0600123456", "other than"],
    ["07400+123456", "plus sign"],
    ["++447400123456", "plus sign"],
    ["", "no digits"],
    [" +() ", "no digits"],
    ["\ud83d\udcde 07400123456", "other than"],
    ["7\u0301400", "other than"],
  ])("%j is refused: %s", (text, problem) =>
    expect(readTyped(text)).toMatchObject({ problem: expect.stringContaining(problem) }),
  );

  it("is refused before it is looked at where it is too long, and read to the last character otherwise", () => {
    expect(readTyped(`${" ".repeat(maxTypedLength - 4)}0042`)).toEqual({ digits: "0042", plus: false });
    expect(readTyped(" ".repeat(10_000_000))).toMatchObject({ fault: "too_long" });
    expect(readTyped("1".repeat(41))).toMatchObject({ fault: "too_long" });
  });

  it("of any script is read digit by digit: every Nd character has the value that Unicode gives it", () => {
    const digits = codePoints().filter((each) => /\p{Nd}/u.test(each));
    expect(digits.length).toBeGreaterThan(600);
    for (let at = 0; at < digits.length; at += 10) {
      // libphonenumber, ICU and Unicode agree: ten of a kind, in order.
      expect(readTyped(digits.slice(at, at + 10).join(""))).toEqual({ digits: "0123456789", plus: false });
    }
  });

  it("is read or refused by the kind of each of its characters", () => {
    const dropped = /[\p{Zs}\p{Pd}\t.\/\(\)\u2212\u30fc\uff70\uff08\uff09\uff0e\uff0f]|[\p{Cf}&&\p{DI}]/v;
    const wrong = codePoints().filter((each) => {
      const typed = readTyped(`12${each}34`);
      const expected = /\p{Nd}/u.test(each) ? 5 : dropped.test(each) ? 4 : 0;
      return ("digits" in typed ? typed.digits.length : 0) !== expected;
    });
    expect(wrong).toEqual([]);
  });

  it("never throws, and quotes nothing of what it refuses", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        const typed = readTyped(text);
        if ("digits" in typed) expect(typed.digits).toMatch(/^[0-9]{1,40}$/);
        else if (text.length > 3) expect(typed.problem).not.toContain(text);
      }),
      { numRuns: 2000 },
    );
  });
});

/** All of Unicode that is in use: planes 0 and 1, and the tags. */
function codePoints(): string[] {
  const planes = Array.from({ length: 0x2_0000 }, (_, codePoint) => codePoint);
  const tags = Array.from({ length: 0x80 }, (_, offset) => 0xe_0000 + offset);
  return [...planes, ...tags]
    .filter((each) => each < 0xd800 || each > 0xdfff)
    .map((each) => String.fromCodePoint(each));
}
