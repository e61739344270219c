/** Callees that were refused by one of their limits a moment ago: by their hash, until the limit may have gone. */
import type { Clock } from "../shared/clock.ts";

/** About 1 MB. The oldest are forgotten first; then such a start only costs what any start costs. */
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
