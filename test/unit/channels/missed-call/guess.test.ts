import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, codeWithin, readCallerId, readCode, readGuess } from "../../../../src/channels/missed-call/guess.ts";
import { Refusal } from "../../../../src/shared/refusal.ts";

describe("a code as people type it", () => {
  it.each([
    ["0042", "0042"],
    [" 00 42 ", "0042"],
    ["00-42", "0042"],
    ["00\u00a042", "0042"],
    ["0042 1234", "00421234"],
    ["12345678-87654321", "1234567887654321"],
    ["00\u201342", "0042"],
    ["\uff10\uff10\uff14\uff12", "0042"],
    ["\u0660\u0660\u0664\u0662", "0042"],
    ["\u202a0042\u202c\n", "0042"],
  ])("%j reads as %s", (typed, code) => expect(readCode(typed)).toBe(code));

  it.each(["", "4", "12a4", "1".repeat(17), "00\n42", "+0042", "1".repeat(10_000), "\0\0\0\0"])(
    "%j is refused, and is no check",
    (typed) => expect(() => readCode(typed)).toThrow(Refusal),
  );
});

describe("a whole number typed where a code was asked for", () => {
  it.each([
    ["+44 7700 900123", 4, "caller_id", "447700900123"],
    ["+44 7700 900123", null, "caller_id", "447700900123"],
    ["07700 900123", 4, "caller_id", "07700900123"],
    ["07700 900123", 6, "caller_id", "07700900123"],
    ["0123", 4, "code", "0123"],
    ["012345", 4, "code", "012345"],
    ["12345678 87654321", 16, "code", "1234567887654321"],
    ["07700 900123", null, "code", "07700900123"],
  ] as const)("%j with a code of %s digits is a %s", (typed, codeLength, kind, digits) =>
    expect(readGuess(typed, codeLength)).toEqual({ kind, digits }),
  );

  it.each(["", "4", "+12", "anonymous", "1".repeat(21)])("%j is refused as a code", (typed) =>
    expect(() => readGuess(typed, 4)).toThrow(Refusal),
  );
});

describe("a caller ID as phones show it", () => {
  const prefix = "+447700900";
  it.each([
    "+447700900123",
    "00447700900123",
    "07700 900123",
    "07700900123",
    "7700-900-123",
    "+44 (7700) 900123",
    "011447700900123",
  ])("%s holds the code 123", (shown) => expect(codeWithin(readCallerId(shown), prefix, 3)).toBe("123"));

  it("reads a code that starts with zeros", () => {
    expect(codeWithin(readCallerId("07700900007"), prefix, 3)).toBe("007");
  });

  it("reads Russian numbers, whose trunk prefix 8 stands for 7", () => {
    expect(codeWithin(readCallerId("8 495 123-45-67"), "+7495123", 4)).toBe("4567");
  });

  it("reads Italian numbers, which keep their zero", () => {
    expect(codeWithin(readCallerId("06 1234 5678"), "+39061234", 4)).toBe("5678");
  });

  it("holds none where somebody else called", () => {
    expect(codeWithin(readCallerId("+33612345123"), prefix, 3)).toBeNull();
    expect(codeWithin(readCallerId("07700901123"), prefix, 3)).toBeNull();
  });

  it.each(["", "12", "anonymous", "+44 7700 900123;ext=5", "1".repeat(21)])("%j is refused", (shown) =>
    expect(() => readCallerId(shown)).toThrow(Refusal),
  );

  it("always gives back the code of one of our numbers, in E.164 and with 00", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9]\d{3,9}$/), fc.stringMatching(/^\d{4}$/), (digits, code) => {
        expect(codeWithin(readCallerId(`+${digits}${code}`), `+${digits}`, 4)).toBe(code);
        expect(codeWithin(readCallerId(`00${digits}${code}`), `+${digits}`, 4)).toBe(code);
      }),
    );
  });
});

describe("the caller IDs of two calls", () => {
  const prefix = "+447700900";

  it("hold the code in their order, each in its own format", () => {
    expect(codeOf(["+447700900123", "07700 900456"], prefix, 6)).toBe("123456");
    expect(codeOf(["07700 900456", "+447700900123"], prefix, 6)).toBe("456123");
  });

  it("hold none where one of them is of somebody else", () => {
    expect(codeOf(["+447700900123", "+33612345456"], prefix, 6)).toBeNull();
  });

  it("are refused where one is no number", () => {
    expect(() => codeOf(["+447700900123", "anonymous"], prefix, 6)).toThrow(Refusal);
  });
});
