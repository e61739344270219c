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
      return new Refusal("country_not_allowed", "No route of this gateway covers this number.");
    case "telephony_unavailable":
      return new Refusal("telephony_unavailable", "No trunk for this number is available at the moment.", retry);
    case "capacity":
      return new Refusal("capacity", "All trunks for this number are at capacity.", retry);
    case "app_limit":
      return new Refusal("rate_limited", `Limit reached: ${limit ? appLimits[limit] : "of this app"}.`, retry);
    case "braked":
      return new Refusal(
        "rate_limited",
        "Calls like this one are being throttled: an unusual share of recent ones was answered or never checked.",
        retry,
      );
  }
}

/** @param codeLength of all calls together */
export function noSuchCodeLength(codeLength: number | null): Refusal {
  const what = codeLength === null ? "A code" : `\`code_length\` ${codeLength}`;
  return new Refusal("invalid_request", `${what} is not possible with the configured caller-ID ranges.`);
}

/** @param most calls that an app may place to a callee in an hour */
export function badCalls(calls: number, minCalls: number, most: number): Refusal | null {
  if (calls < minCalls)
    return new Refusal("invalid_request", `\`calls\` must be at least ${minCalls} (verification.min_calls).`);
  if (calls > most) {
    return new Refusal(
      "invalid_request",
      `\`calls\` must be at most ${most} (an app's share of verification.starts_per_callee_per_hour).`,
    );
  }
  return null;
}

/** A guess of the wrong number of calls can never be right, so it is no check. */
export function callerIdsMissing(calls: number): Refusal {
  const what =
    calls === 1
      ? "This verification has one call: give one caller ID"
      : "This verification has two calls: give both in `caller_ids`";
  return new Refusal("invalid_request", `${what}. This check was not counted.`);
}

/** More than half of each range is unavailable: see caller-ids/reserve.ts. */
export function rangesExhausted(): Refusal {
  return new Refusal("capacity", "The caller-ID ranges are exhausted (usage caps or cool-down).", exhaustedRetryMs);
}

/** What `refused` of lua/start.lua means. */
export function notLeased(why: string, figure: number): Refusal {
  if (why === "caller_ids_shown") {
    return new Refusal(
      "capacity",
      "This number was called from too many of the caller IDs recently; try again later.",
      figure,
    );
  }
  return new Refusal("capacity", "No caller ID is free for this number at the moment.", capacityRetryMs);
}
