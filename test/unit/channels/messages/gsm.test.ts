/** How many segments an SMS makes, and what is in each. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeGsm7,
  decodeUcs2,
  encodeGsm7,
  encodeUcs2,
  notInGsm7,
  splitSms,
} from "../../../../src/channels/messages/gsm.ts";

/** 3GPP TS 23.038, tables 6.2.1 and 6.2.1.1, row by row as printed: another order than the source has. */
const table: Readonly<Record<string, number>> = {
  ...{ "@": 0x00, "£": 0x01, $: 0x02, "¥": 0x03, è: 0x04, é: 0x05, ù: 0x06, ì: 0x07, ò: 0x08, Ç: 0x09 },
  ...{ "\n": 0x0a, Ø: 0x0b, ø: 0x0c, "\r": 0x0d, Å: 0x0e, å: 0x0f, Δ: 0x10, _: 0x11, Φ: 0x12, Γ: 0x13, Λ: 0x14 },
  ...{ Ω: 0x15, Π: 0x16, Ψ: 0x17, Σ: 0x18, Θ: 0x19, Ξ: 0x1a, Æ: 0x1c, æ: 0x1d, ß: 0x1e, É: 0x1f, " ": 0x20 },
  ...{ "¤": 0x24, "%": 0x25, "¡": 0x40, A: 0x41, Z: 0x5a, Ä: 0x5b, Ö: 0x5c, Ñ: 0x5d, Ü: 0x5e, "§": 0x5f, "¿": 0x60 },
  ...{ a: 0x61, z: 0x7a, ä: 0x7b, ö: 0x7c, ñ: 0x7d, ü: 0x7e, à: 0x7f, "0": 0x30, "9": 0x39, "?": 0x3f },
};
const extension: Readonly<Record<string, number>> = {
  ...{ "\f": 0x0a, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2f, "[": 0x3c, "~": 0x3d, "]": 0x3e, "|": 0x40, "€": 0x65 },
};
const room = { gsm7: [160, 153], ucs2: [70, 67] } as const;

const gsmCharacter = fc.constantFrom(..."@£éÇ\nΔ_ΩÆß 019AZÄñàabcxyz^{}\\[~]|€");
const gsmText = fc.string({ unit: gsmCharacter, maxLength: 800 });
const anyText = fc.oneof(gsmText, fc.string({ unit: "grapheme", maxLength: 400 }), fc.string({ unit: "binary" }));

describe("the alphabet", () => {
  it.each(Object.entries(table))("has %j", (character, code) => {
    expect([...encodeGsm7(character)]).toEqual([code]);
  });

  it.each(Object.entries(extension))("has %j behind an escape", (character, code) => {
    expect([...encodeGsm7(character)]).toEqual([0x1b, code]);
  });

  it("has 127 characters, all different, and 10 more", () => {
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
      (one) => notInGsm7(one).length === 0,
    );
    expect(all.length).toBe(137);
  });

  it.each([..."çóíáúâêşğıł`кع中\u001b\u00a0", "😀"])("does not have %j", (character) => {
    expect(notInGsm7(`a${character}b${character}`)).toEqual([character]);
    expect(() => encodeGsm7(character)).toThrow(RangeError);
  });

  it("reads an unknown escape sequence as the second character", () => {
    expect(decodeGsm7(Uint8Array.of(0x41, 0x1b, 0x41, 0x1b))).toBe("AA");
  });
});

describe("segments", () => {
  it.each([
    ["", "gsm7", 0, 1],
    ["a".repeat(160), "gsm7", 160, 1],
    ["a".repeat(161), "gsm7", 161, 2],
    ["a".repeat(306), "gsm7", 306, 2],
    ["a".repeat(307), "gsm7", 307, 3],
    ["€".repeat(80), "gsm7", 160, 1],
    ["€".repeat(81), "gsm7", 162, 2],
    // 153 is odd: 76 euro signs each, not 76.5.
    ["€".repeat(152), "gsm7", 304, 2],
    ["€".repeat(153), "gsm7", 306, 3],
    ["я".repeat(70), "ucs2", 70, 1],
    ["я".repeat(71), "ucs2", 71, 2],
    ["я".repeat(134), "ucs2", 134, 2],
    ["я".repeat(135), "ucs2", 135, 3],
    ["😀".repeat(35), "ucs2", 70, 1],
    ["😀".repeat(36), "ucs2", 72, 2],
    // 67 is odd: 33 pairs each.
    ["😀".repeat(67), "ucs2", 134, 3],
  ] as const)("of %# (%s…)", (text, encoding, length, segments) => {
    const split = splitSms(text);
    expect({ encoding: split.encoding, length: split.length, segments: split.parts.length }).toEqual({
      ...{ encoding, length, segments },
    });
  });

  it("make up the text again, fit, break no pair, and are as few as they can be", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { encoding, length, parts } = splitSms(text);
        const sizeOf = (part: string) => (encoding === "gsm7" ? encodeGsm7(part).length : part.length);
        const [alone, each] = room[encoding];
        expect(parts.join("")).toBe(text);
        expect(parts.reduce((sum, part) => sum + sizeOf(part), 0)).toBe(length);
        const first = parts.map((part) => [...part][0] ?? "");
        for (const [index, part] of parts.entries()) {
          expect(sizeOf(part)).toBeLessThanOrEqual(parts.length === 1 ? alone : each);
          // The next character would not have fitted.
          if (index > 0) expect(sizeOf(parts[index - 1] ?? "") + sizeOf(first[index] ?? "")).toBeGreaterThan(each);
        }
        if (length <= alone) expect(parts.length).toBe(1);
      }),
    );
  });
});

describe("what is encoded", () => {
  it("is read back, in GSM 7-bit", () => {
    fc.assert(
      fc.property(gsmText, (text) => {
        expect(decodeGsm7(encodeGsm7(text))).toBe(text);
      }),
    );
  });

  it("is read back, in UCS-2", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeUcs2(encodeUcs2(text))).toBe(text);
      }),
    );
  });

  it("has the high byte first", () => {
    expect([...encodeUcs2("Я😀")]).toEqual([0x04, 0x2f, 0xd8, 0x3d, 0xde, 0x00]);
    expect(decodeUcs2(Uint8Array.of(0x04, 0x2f, 0xff))).toBe("Я");
  });
});
