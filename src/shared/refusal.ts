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
  "processes_unavailable",
  "configuration_invalid",
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

/** What a refusal says beyond its detail: extension members of the problem (RFC 9457 §3.2), for the client alone. */
export interface RefusalMembers {
  /** Numbers that may have been meant. */
  readonly suggestions?: readonly { readonly number: string; readonly reason: string }[];
  /** Of `number_inactive`: whole days since the newest evidence. */
  readonly age_days?: number;
}

const noMembers: RefusalMembers = {};

/**
 * A refusal with a stable code. `detail` is shown to the app's developer: it must help, and hold no secret and no
 * more of a phone number than country and last two digits.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly detail: string;
  /** When a retry may succeed, if it may. */
  readonly retryAfterMs: number | null;
  /** Private, so that no log that lists an error's fields has them: they hold whole numbers. */
  readonly #members: RefusalMembers;

  constructor(
    code: RefusalCode,
    detail: string,
    retryAfterMs: number | null = null,
    members: RefusalMembers = noMembers,
  ) {
    super(`${code}: ${detail}`);
    this.name = "Refusal";
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
    this.#members = members;
  }

  get members(): RefusalMembers {
    return this.#members;
  }
}
