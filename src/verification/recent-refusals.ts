/** Callees that were just refused by one of their limits: by hash, until the limit may have expired. */
import { type Clock, steadyClock } from "../shared/clock.ts";
import { LatestMap } from "../shared/latest-map.ts";

/** They take about 1 MB. The oldest are evicted first; without an entry a start only costs the usual amount. */
const mostKept = 10_000;

export interface RecentRefusals {
  add(callee: string, forMs: number): void;
  has(callee: string): boolean;
}

export function createRecentRefusals(clock: Clock): RecentRefusals {
  const { nowMs } = steadyClock(clock);
  const untilMs = new LatestMap<string, number>(mostKept);
  return {
    add(callee, forMs) {
      untilMs.set(callee, nowMs() + forMs);
    },
    has(callee) {
      const until = untilMs.get(callee);
      if (until === undefined) return false;
      if (until > nowMs()) return true;
      untilMs.delete(callee);
      return false;
    },
  };
}
