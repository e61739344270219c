/** The refusals of the core; a channel has its own. */
import { Refusal } from "../shared/refusal.ts";
import type { Status } from "./machine.ts";
import type { CalleeLimit } from "./store-port.ts";

/** Neutral: other apps' requests may have used up the limit, and no tenant learns about another. */
const limitDetails: Record<CalleeLimit, string> = {
  wrong_checks: "too many wrong codes for this number; retry later",
  live_call: "a call to this number is in progress",
  gap: "minimum interval between deliveries to this number not elapsed",
  hourly_starts: "hourly limit for this number reached",
};

export function limited(limit: CalleeLimit, retryAfterMs: number): Refusal {
  return new Refusal("rate_limited", limitDetails[limit], retryAfterMs);
}

export function notFound(): Refusal {
  return new Refusal("verification_not_found", "no verification has this id");
}

/** The refusal of a replay that comes after the verification's retention. */
export function notKept(): Refusal {
  return new Refusal(
    "verification_not_found",
    "the verification of this Idempotency-Key is no longer kept; use a new key to start another",
  );
}

export function ended(status: Status): Refusal {
  return new Refusal("verification_ended", `the verification has already ended (status: ${status})`);
}

/** The refusal of a request that needs a code, where there is none to type. */
export function noCode(channel: string): Refusal {
  return new Refusal(
    "invalid_request",
    `a verification by ${channel} has no code to check; read its status until it is verified`,
  );
}

/** The client closed the connection; only logged. */
export const clientGone = new Refusal(
  "invalid_request",
  "the client closed the connection before a delivery was begun",
);

export function channelNotAvailable(name: string, available: readonly string[]): Refusal {
  return new Refusal(
    "not_supported",
    `channel ${name} is not available on this gateway; available: ${available.join(", ")}`,
  );
}

export function ambiguous(): Refusal {
  return new Refusal(
    "verification_ambiguous",
    "several verifications of this number are open; name one by `session` (client.session of its start) or check it by id",
  );
}
