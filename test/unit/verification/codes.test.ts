/** Codes that are derived, not stored. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type CodeInput, codeDigits, createCodes } from "../../../src/verification/codes.ts";

const secret = "a secret that only this test has, of 32 characters and more";
const other = "another secret that only this test has, of 32 characters";
const base: CodeInput = {
  verificationId: "v0001",
  kind: "message",
  recipient: "+447700900123",
  generation: 1,
  length: 6,
};
const codes = createCodes(secret);

/** 99.9 % of all chi-squared sums with so many degrees of freedom are below (Wilson–Hilferty). */
function chiSquaredLimit(freedom: number): number {
  const part = 2 / (9 * freedom);
  return freedom * (1 - part + 3.09 * Math.sqrt(part)) ** 3;
}

function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, one) => sum + one, 0) / counts.length;
  return counts.reduce((sum, one) => sum + (one - expected) ** 2 / expected, 0);
}

const input = fc.record({
  verificationId: fc.string({ minLength: 1 }),
  kind: fc.string(),
  recipient: fc.string({ minLength: 1, unit: "binary" }),
  generation: fc.integer({ min: 1, max: 1000 }),
  length: fc.integer(codeDigits),
  redraw: fc.nat(20),
});

it("has the digits that were asked for, the same each time, whatever it is derived from", () => {
  fc.assert(
    fc.property(input, (one) => {
      const code = codes.derive(one);
      expect(code).toMatch(new RegExp(`^[0-9]{${one.length}}$`));
      expect(createCodes(secret).derive(one)).toBe(code);
    }),
  );
});

it("changes with every part of what it is derived from", () => {
  const ten = { ...base, length: 10 };
  const changed: Partial<CodeInput>[] = [
    { verificationId: "v0002" },
    { kind: "voice" },
    { recipient: "+447700900124" },
    { generation: 2 },
    { redraw: 1 },
  ];
  const all = [{}, ...changed].map((change) => codes.derive({ ...ten, ...change }));
  expect(new Set(all).size).toBe(all.length);
  expect(createCodes(other).derive(ten)).not.toBe(codes.derive(ten));
});

it("does not confuse parts that run into each other", () => {
  const a = codes.derive({ ...base, length: 10, verificationId: 'v","message', kind: "" });
  const b = codes.derive({ ...base, length: 10, verificationId: "v", kind: 'message","' });
  expect(a).not.toBe(b);
});

it("stays what it is: a resend by a newer version sends the same code", () => {
  expect(codes.derive(base)).toBe("823122");
  expect(codes.derive({ ...base, length: 10 })).toBe("7597593366");
});

it("is uniform: every position of 60,000 codes by itself, and whole codes of 4 digits", () => {
  const counts = Array.from({ length: codeDigits.max }, () => new Array<number>(10).fill(0));
  const whole = new Array<number>(10_000).fill(0);
  for (let generation = 1; generation <= 60_000; generation++) {
    const code = codes.derive({ ...base, generation, length: 10 }) ?? "";
    for (const [position, digit] of [...code].entries()) {
      const own = counts[position];
      if (own) own[Number(digit)] = (own[Number(digit)] ?? 0) + 1;
    }
    const start = Number(code.slice(0, 4));
    whole[start] = (whole[start] ?? 0) + 1;
  }
  for (const own of counts) expect(chiSquared(own)).toBeLessThan(chiSquaredLimit(9));
  expect(chiSquared(whole)).toBeLessThan(chiSquaredLimit(9999));
});

it.each([3, 11, 0, 4.5, Number.NaN])("refuses %s digits", (length) => {
  expect(() => codes.derive({ ...base, length })).toThrow(RangeError);
});

it("finds the key that a verification began with after a change of keys, and after the first one of its own", () => {
  const first = codes.derive(base);
  const own = createCodes(secret, { current: other, previous: [] });
  expect(own.keyId).not.toBe(codes.keyId);
  expect(own.derive(base)).not.toBe(first);
  expect(own.derive(base, codes.keyId)).toBe(first);
  const rotated = createCodes(secret, { current: `${other}, newer`, previous: [other] });
  expect(rotated.derive(base, own.keyId)).toBe(own.derive(base));
  expect(rotated.derive(base, codes.keyId)).toBe(first);
});

it("knows no key that is not configured any more", () => {
  const { keyId } = createCodes(secret, { current: other, previous: [] });
  expect(codes.derive(base, keyId)).toBeNull();
});

it("has another key than what is sealed with the same secret, and an id that holds nothing of it", () => {
  expect(codes.keyId).toMatch(/^[A-Za-z0-9_-]{8}$/);
  expect(createCodes(other).keyId).not.toBe(codes.keyId);
});
