/** The refusals of missed calls. */
import { Refusal } from "../../shared/refusal.ts";
import type { NoChannelSlot } from "../../telephony/trunks/slots-port.ts";

/** A caller ID that is in cool-down for one callee may be free for it soon. */
const capacityRetryMs = 1000;

/** Those at their hourly cap come back one by one, within an hour. */
const exhaustedRetryMs = 60_000;

const appLimits: Readonly<Record<NonNullable<NoChannelSlot["limit"]>, string>> = {
  app_calls_per_second: "calls_per_second of this app",
  app_concurrent_calls: "max_concurrent_calls of this app",
  app_calls_per_day: "calls_per_day of this app",
  app_answered_per_day: "answered_per_day of this app",
  prefix_calls_per_second: "prefix_calls_per_second of this app",
  prefix_concurrent_calls: "prefix_max_concurrent_calls of this app",
  prefix_calls_per_day: "prefix_calls_per_day of this app",
};

export function noSlot({ none, limit, retryAfterMs }: NoChannelSlot): Refusal {
  const retry = retryAfterMs ?? undefined;
  switch (none) {
    case "no_route":
      return new Refusal("country_not_allowed", "no route covers this number");
    case "telephony_unavailable":
      return new Refusal("telephony_unavailable", "no trunk that serves this number is usable now", retry);
    case "capacity":
      return new Refusal("capacity", "no free channel on any trunk that serves this number", retry);
    case "app_limit":
      return new Refusal("rate_limited", `limit reached: ${limit ? appLimits[limit] : "this app"}`, retry);
    case "braked":
      return new Refusal("rate_limited", "calls to such numbers are reduced: an unusual share was answered", retry);
  }
}

/** @param codeLength of all calls together */
export function noSuchCodeLength(codeLength: number | null): Refusal {
  const what = codeLength === null ? "a code" : `code_length ${codeLength}`;
  return new Refusal("invalid_request", `${what} is not possible with the configured caller-ID ranges`);
}

/** @param most calls that an app may place to a callee in an hour */
export function badCalls(calls: number, minCalls: number, most: number): Refusal | null {
  if (calls < minCalls)
    return new Refusal("invalid_request", `calls must be at least ${minCalls} (verification.min_calls)`);
  if (calls > most) {
    return new Refusal(
      "invalid_request",
      `calls must be at most ${most} (an app's share of verification.starts_per_callee_per_hour)`,
    );
  }
  return null;
}

/** A guess of the wrong number of calls can never be right, so it is no check. */
export function callerIdsMissing(calls: number): Refusal {
  const what =
    calls === 1 ? "caller_id: this verification has one call" : "caller_ids must contain both calls' caller IDs";
  return new Refusal("invalid_request", `${what}; this was not counted`);
}

/** More than half of each range is unavailable: see caller-ids/reserve.ts. */
export function rangesExhausted(): Refusal {
  return new Refusal("capacity", "caller-ID pool exhausted (usage caps or reputation cool-down)", exhaustedRetryMs);
}

/** What `refused` of lua/start.lua means. */
export function notLeased(why: string, figure: number): Refusal {
  if (why === "caller_ids_shown") {
    return new Refusal("capacity", "too many recent caller IDs for this number; retry later", figure);
  }
  return new Refusal("capacity", "no caller ID is free for this number", capacityRetryMs);
}
