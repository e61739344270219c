/** Lets what many callers do happen at the same moments, so that it can be done together. */
import type { Clock } from "./clock.ts";

export interface Beat {
  /** Resolves at the next beat, within the period. */
  next(): Promise<void>;
  /** Beats now, for those who wait. */
  strike(): void;
}

/** @param periodMs the first to wait waits so long, and those who join it less */
export function createBeat(clock: Clock, periodMs: number): Beat {
  let waiting: { readonly beat: Promise<void>; readonly strike: () => void } | null = null;

  function begin() {
    const { promise: beat, resolve } = Promise.withResolvers<void>();
    const stopTimer = clock.after(periodMs, strike);
    function strike() {
      stopTimer();
      waiting = null;
      resolve();
    }
    return { beat, strike };
  }

  return {
    next() {
      waiting ??= begin();
      return waiting.beat;
    },
    strike: () => waiting?.strike(),
  };
}
