/**
 * What Meta's error codes mean for a message and for the phone number that sent it
 * (developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes). The codes count, not titles or HTTP statuses,
 * which Meta changes. The same codes come in answers and, later, in receipts.
 */
import type { MessageFailure } from "../messages/provider-port.ts";

/**
 * What a code says of more than this message: `number` is asked for too much, or the `pair` of number and recipient;
 * Meta is `down`; our account, token or number is `denied`.
 */
export type FailureScope = "message" | "number" | "pair" | "down" | "denied";

export interface WhatsAppFailure {
  readonly reason: MessageFailure;
  readonly scope: FailureScope;
}

const table: readonly (readonly [reason: MessageFailure, scope: FailureScope, codes: readonly number[]])[] = [
  // Not on WhatsApp, has not accepted its terms, too old a version: another channel at once. 1006, 1013, 1026: their
  // predecessors.
  ["not_reachable", "message", [131026, 1006, 1013, 1026]],
  // The sender itself.
  ["invalid_recipient", "message", [131021]],
  // Held back for the recipient: "healthy ecosystem", an experiment, marketing stopped by the person.
  ["blocked", "message", [131049, 131050, 130472, 472]],
  // Rate limits: of the app, the account, the number's throughput, its quality; registration.
  ["throttled", "number", [4, 429, 471, 613, 80007, 130429, 131048, 133016]],
  ["throttled", "pair", [131056]],
  ["provider_down", "down", [1, 2, 131000, 131016, 131057, 133004]],
  // Token, permissions, locked or restricted account, payment, number not registered or not verified.
  ["rejected", "denied", [0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131045, 133006, 133010]],
  // The country is closed to this account; outside the 24 h window (a template has none); a parameter; the template is
  // missing, paused, disabled or written otherwise; a recipient that a test number may not write to.
  ["rejected", "message", [100, 130497, 131047, 470, 131008, 131009, 131030, 131051, 134011, 135000]],
  ["rejected", "message", [132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069]],
];

const byCode = new Map(
  table.flatMap(([reason, scope, codes]) => codes.map((code) => [code, { reason, scope }] as const)),
);

/** All codes that have a row of their own, for tests and documentation. */
export const knownCodes: readonly number[] = [...byCode.keys()];

/**
 * What a failure means.
 * @param code Meta's error code; null where the answer has none
 * @param status HTTP status of the answer, for codes without a row; null in a receipt
 */
export function whatsAppFailure(code: number | null, status: number | null): WhatsAppFailure {
  const found = code === null ? undefined : byCode.get(code);
  if (found !== undefined) return found;
  // 200 to 299: a permission is missing.
  if (code !== null && code >= 200 && code < 300) return { reason: "rejected", scope: "denied" };
  if (status === 429) return { reason: "throttled", scope: "number" };
  if (status === 401 || status === 403) return { reason: "rejected", scope: "denied" };
  if (status !== null && status >= 500) return { reason: "provider_down", scope: "down" };
  return { reason: "rejected", scope: "message" };
}
