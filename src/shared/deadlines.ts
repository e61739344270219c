/**
 * Deadlines of one length, with one timer for all that run: they end in the order in which they began. A timer for each would
 * be set and cleared for nearly nothing, because what they bound is nearly always done in time.
 */
import { type Clock, steadyClock } from "./clock.ts";

export interface Deadlines {
  /** How many run. */
  readonly size: number;
  /** Calls back once after the time; returns what cancels it. */
  begin(callback: () => void): () => void;
}

interface Deadline {
  readonly dueMs: number;
  readonly callback: () => void;
}

export function createDeadlines(clock: Clock, ms: number): Deadlines {
  const { nowMs, after } = steadyClock(clock);
  const running = new Set<Deadline>();
  let stopTimer: (() => void) | null = null;

  function expire(): void {
    stopTimer = null;
    const now = nowMs();
    for (const deadline of running) {
      if (deadline.dueMs > now) {
        stopTimer = after(deadline.dueMs - now, expire);
        return;
      }
      running.delete(deadline);
      deadline.callback();
    }
  }

  return {
    get size() {
      return running.size;
    },
    begin(callback) {
      const deadline = { dueMs: nowMs() + ms, callback };
      running.add(deadline);
      stopTimer ??= after(ms, expire);
      return () => {
        running.delete(deadline);
        if (running.size > 0) return;
        stopTimer?.();
        stopTimer = null;
      };
    },
  };
}
