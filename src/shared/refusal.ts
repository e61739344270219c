/** Every reason for which OneRing refuses a request. The codes are part of the HTTP contract: add, never rename. */
export const refusalCodes = [
  "invalid_request",
  "not_supported",
  "unauthorized",
  "forbidden",
  "number_invalid",
  "number_too_short",
  "number_too_long",
  "number_is_landline",
  "number_not_callable",
  "number_inactive",
  "country_not_allowed",
  "quiet_hours",
  "rate_limited",
  "capacity",
  "conflict",
  "delivery_denied",
  "verification_not_found",
  "verification_ended",
  "verification_ambiguous",
  "proof_not_found",
  "idempotency_key_reused",
  "telephony_unavailable",
  "channel_unavailable",
  "code_not_available",
  "human_check_failed",
  "human_check_unavailable",
  "store_unavailable",
  "records_unavailable",
  "approval_unavailable",
  "configuration_invalid",
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

/**
 * A refusal with a stable code. `detail` is shown to the app's developer: it must help, and hold no secret and no
 * more of a phone number than country and last two digits.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly detail: string;
  /** When a retry may succeed, if it may. */
  readonly retryAfterMs: number | null;
  /** Further members of the problem, of codes that have some. */
  readonly members?: Readonly<Record<string, number>>;

  constructor(code: RefusalCode, detail: string, retryAfterMs: number | null = null) {
    super(`${code}: ${detail}`);
    this.name = "Refusal";
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
  }
}
