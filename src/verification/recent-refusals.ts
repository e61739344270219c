/** Callees that were just refused by one of their limits: by hash, until the limit may have expired. */
import type { Clock } from "../shared/clock.ts";
import { LatestMap } from "../shared/latest-map.ts";

/** Twice as many take about 1 MB. The oldest are evicted first; without an entry a start only costs the usual amount. */
const leastKept = 5000;

export interface RecentRefusals {
  add(callee: string, forMs: number): void;
  has(callee: string): boolean;
}

export function createRecentRefusals(clock: Clock): RecentRefusals {
  const untilMs = new LatestMap<string, number>(leastKept);
  return {
    add(callee, forMs) {
      untilMs.set(callee, clock.nowMs() + forMs);
    },
    has(callee) {
      const until = untilMs.get(callee);
      if (until === undefined) return false;
      if (until > clock.nowMs()) return true;
      untilMs.delete(callee);
      return false;
    },
  };
}
