/** The refusals of every channel that calls. */
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

/** More than half of each range is unavailable: see caller-ids/reserve.ts. */
export function rangesExhausted(): Refusal {
  return new Refusal("capacity", "The caller-ID ranges are exhausted (usage caps or cool-down).", exhaustedRetryMs);
}

/** What `refused` of a start script means that leases caller IDs. */
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
