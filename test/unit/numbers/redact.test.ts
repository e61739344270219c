import fc from "fast-check";
import { expect, test } from "vitest";
import { redactNumber } from "../../../src/numbers/redact.ts";

test.each([
  ["+447911123456", "+44…56"],
  ["+12015550123", "+1…23"],
  ["+353861234567", "+353…67"],
  ["+79161234567", "+7…67"],
  ["+881612345678", "+881…78"],
  ["+999123456789", "…89"],
])("%s is logged as %s", (number, redacted) => {
  expect(redactNumber(number)).toBe(redacted);
});

test.each(["", "+", "07911123456", "+4479111", "+44791112345678901", "+44791112345x", "secret", "+0123456789"])(
  "%j says nothing of itself",
  (text) => {
    expect(redactNumber(text)).toBe("…");
  },
);

test("never shows more than five digits of any number", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\+[0-9]{1,17}$/), (number) => {
      expect(redactNumber(number).replace(/\D/g, "").length).toBeLessThanOrEqual(5);
    }),
  );
});
