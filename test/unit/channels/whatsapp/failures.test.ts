/** The table of Meta's errors: what each means for the message, and for those after it. */
import { expect, it } from "vitest";
import { knownCodes, whatsAppFailure } from "../../../../src/channels/whatsapp/failures.ts";

it.each([
  [131026, "not_reachable", "message"],
  [1013, "not_reachable", "message"],
  [1026, "not_reachable", "message"],
  [131021, "invalid_recipient", "message"],
  [131049, "blocked", "message"],
  [131050, "blocked", "message"],
  [130472, "blocked", "message"],
  [131056, "throttled", "pair"],
  [130429, "throttled", "number"],
  [131048, "throttled", "number"],
  [80007, "throttled", "number"],
  [4, "throttled", "number"],
  [131000, "provider_down", "down"],
  [131016, "provider_down", "down"],
  [2, "provider_down", "down"],
  [133004, "provider_down", "down"],
  [0, "rejected", "denied"],
  [190, "rejected", "denied"],
  [10, "rejected", "denied"],
  [200, "rejected", "denied"],
  [299, "rejected", "denied"],
  [368, "rejected", "denied"],
  [131031, "rejected", "denied"],
  [131042, "rejected", "denied"],
  [131047, "rejected", "message"],
  [470, "rejected", "message"],
  [130497, "rejected", "message"],
  [132001, "rejected", "message"],
  [132015, "rejected", "message"],
  [999_999, "rejected", "message"],
] as const)("error %i: %s, of the %s", (code, reason, scope) => {
  expect(whatsAppFailure(code, 400)).toEqual({ reason, scope });
  expect(whatsAppFailure(code, null)).toEqual({ reason, scope });
});

it.each([
  [429, "throttled", "number"],
  [401, "rejected", "denied"],
  [403, "rejected", "denied"],
  [500, "provider_down", "down"],
  [503, "provider_down", "down"],
  [400, "rejected", "message"],
] as const)("an answer without a code that is known, HTTP %i: %s", (status, reason, scope) => {
  expect(whatsAppFailure(null, status)).toEqual({ reason, scope });
  expect(whatsAppFailure(999_999, status)).toEqual({ reason, scope });
});

it("each code has one row", () => {
  expect(new Set(knownCodes).size).toBe(knownCodes.length);
});
