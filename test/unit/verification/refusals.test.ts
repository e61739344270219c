/** Refusals that an app's developer reads. */
import { expect, test } from "vitest";
import { otherProof, wrongLength } from "../../../src/verification/refusals.ts";

test("a resend by a channel that proves something else says what each of both is about", () => {
  expect(otherProof("email", "email", "phone").detail).toBe(
    "Channel email verifies an e-mail address; this verification is of a phone number. Use one of `next_channels`.",
  );
  expect(otherProof("sms", "phone", "email").detail).toContain(
    "verifies a phone number; this verification is of an e-mail",
  );
});

test("a code of the wrong length is told both lengths, not the code", () => {
  expect(wrongLength(4, 2).detail).toBe("`code` must have 4 digits, not 2; this check was not counted.");
  expect(wrongLength(4, 0).detail).toBe("The code has 4 digits; this check was not counted.");
});
