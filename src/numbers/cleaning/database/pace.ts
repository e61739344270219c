/** Time and pauses of a run; tests put their own in. */
import { setTimeout as wait } from "node:timers/promises";

export interface Pace {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Ends early, without an error, when the run is to stop. */
  sleep(ms: number): Promise<void>;
}

export function createPace(signal: AbortSignal): Pace {
  return {
    now: () => performance.now(),
    sleep: (ms) => wait(ms, undefined, { signal }).catch(() => undefined),
  };
}

/** Pauses while somebody else holds what we need: 50 ms, doubling, at most 2 s. */
export function busyPauseMs(attempt: number): number {
  return Math.min(2000, 50 * 2 ** Math.min(attempt, 10));
}
