/** Callees that were just refused by one of their limits: by hash, until the limit may have expired. */
import type { Clock } from "../shared/clock.ts";

/** About 1 MB. The oldest are evicted first; without an entry a start only costs the usual amount. */
const maxKept = 10_000;

export interface RecentRefusals {
  add(callee: string, forMs: number): void;
  has(callee: string): boolean;
}

export function createRecentRefusals(clock: Clock): RecentRefusals {
  const untilMs = new Map<string, number>();
  return {
    add(callee, forMs) {
      untilMs.delete(callee);
      untilMs.set(callee, clock.nowMs() + forMs);
      const [oldest] = untilMs.keys();
      if (untilMs.size > maxKept && oldest !== undefined) untilMs.delete(oldest);
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
