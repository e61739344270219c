/** A clock whose timers all end at once: nothing of a stack that stopped happens later, or keeps the process alive. */
import { type Clock, steadyClock } from "../shared/clock.ts";

export interface StoppableClock extends Clock {
  /** Stops all timers; from then on none starts. */
  stop(): void;
}

export function stoppableClock(clock: Clock): StoppableClock {
  const running = new Set<() => void>();
  let stopped = false;
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: steadyClock(clock).nowMs,
    after(delayMs, callback) {
      if (stopped) return () => undefined;
      const cancel = clock.after(delayMs, () => {
        running.delete(cancel);
        callback();
      });
      running.add(cancel);
      return () => {
        running.delete(cancel);
        cancel();
      };
    },
    stop() {
      stopped = true;
      for (const cancel of running) cancel();
      running.clear();
    },
  };
}
