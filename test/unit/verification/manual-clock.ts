/** A clock that stands still until the test moves it. */
import type { Clock } from "../../../src/shared/clock.ts";

export interface ManualClock extends Clock {
  /** Moves time, and calls back what became due on the way, in order. */
  advance(ms: number): void;
}

export function manualClock(startMs = Date.now()): ManualClock {
  let now = startMs;
  const timers = new Set<{ atMs: number; callback: () => void }>();
  return {
    nowMs: () => now,
    after(delayMs, callback) {
      const timer = { atMs: now + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers].sort((a, b) => a.atMs - b.atMs)) {
        if (timer.atMs > now || !timers.delete(timer)) continue;
        timer.callback();
      }
    },
  };
}
