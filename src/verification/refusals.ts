/** What the service says when it says no. */
import { Refusal } from "../shared/refusal.ts";
import type { NoChannelSlot } from "../telephony/calls/ports.ts";
import type { CalleeLimit, Placement } from "./store-port.ts";
import type { Status } from "./types.ts";

/** A caller ID that rests for one callee may be free for it soon. */
const capacityRetryMs = 1000;

/** Those at their hourly cap come back one by one, within an hour. */
const exhaustedRetryMs = 60_000;

const limitDetails: Record<CalleeLimit, string> = {
  wrong_checks: "too many wrong codes were given for this number",
  live_call: "a call to this number is under way",
  gap: "this number was called a moment ago",
  hourly_starts: "this number was called often enough within the hour",
};

export function limited(limit: CalleeLimit, retryAfterMs: number): Refusal {
  return new Refusal("rate_limited", limitDetails[limit], retryAfterMs);
}

export function notFound(): Refusal {
  return new Refusal("verification_not_found", "no verification has this id");
}

export function ended(status: Status): Refusal {
  return new Refusal("verification_ended", `the verification ended before as ${status}`);
}

/** The refusal of what needs a code, where the callee calls in instead. */
export function noCode(): Refusal {
  return new Refusal(
    "invalid_request",
    "this verification has no code and no call of ours: the person calls call_in.number, then its status is verified",
  );
}

export function noSlot({ none, retryAfterMs }: NoChannelSlot): Refusal {
  const retry = retryAfterMs ?? undefined;
  switch (none) {
    case "no_route":
      return new Refusal("country_not_allowed", "no route leads to this number");
    case "telephony_unavailable":
      return new Refusal("telephony_unavailable", "no trunk to this number is usable now", retry);
    case "capacity":
      return new Refusal("capacity", "all slots to this number are taken", retry);
  }
}

/** Nobody hears of it; it is in the log. */
export const askerGone = new Refusal("invalid_request", "the client closed the connection before a call was placed");

/** @param codeLength of all calls together */
export function noSuchCodeLength(codeLength: number | null, calls: number): Refusal {
  const what = calls === 1 ? "no caller ID that may be shown to this number makes" : "no two such caller IDs make";
  return new Refusal("invalid_request", `code_length: ${what} a code of ${codeLength ?? "any"} digits`);
}

/** @param most calls that a callee may get in an hour */
export function badCalls(calls: number, minCalls: number, most: number): Refusal | null {
  if (calls < minCalls) return new Refusal("invalid_request", `calls: must be ${minCalls} here`);
  if (calls > most) return new Refusal("invalid_request", `calls: a number gets at most ${most} in an hour here`);
  return null;
}

/** A guess of the wrong number of calls can never be right, so it is no check. */
export function callerIdsMissing(calls: number): Refusal {
  const what = calls === 1 ? "caller_id: this verification has one call" : "caller_ids: give those of both calls";
  return new Refusal("invalid_request", `${what}; this was not counted`);
}

/** More than half of each range is out for everybody: see `reserveOf`. */
export function rangesExhausted(): Refusal {
  const detail = "too many of the caller IDs were used up to their caps, or rest because carriers distrust them";
  return new Refusal("capacity", detail, exhaustedRetryMs);
}

/** The refusal for a placement that is none. */
export function notPlaced(placement: Exclude<Placement, { kind: "placed" }>): Refusal {
  switch (placement.kind) {
    case "limited":
      return limited(placement.limit, placement.retryAfterMs);
    case "capacity":
      return new Refusal("capacity", "this number was shown too many of the caller IDs lately", placement.retryAfterMs);
    case "all_cooling_down":
      return new Refusal("capacity", "no caller ID is free for this number", capacityRetryMs);
    case "ended":
      return ended(placement.verification.status);
    case "not_found":
      return notFound();
  }
}
