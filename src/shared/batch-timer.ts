/** Lets what many callers do happen at the same moments, so that it can be done together. */
import type { Clock } from "./clock.ts";
import { deferred } from "./deferred.ts";

export interface BatchTimer {
  /** Resolves at the next flush, within the period. */
  next(): Promise<void>;
  /** Beats now, for those who wait. */
  flush(): void;
}

/** @param periodMs the first to wait waits so long, and those who join it less */
export function createBatchTimer(clock: Clock, periodMs: number): BatchTimer {
  let waiting: { readonly batchTimer: Promise<void>; readonly flush: () => void } | null = null;

  function begin() {
    const { promise: batchTimer, resolve } = deferred<void>();
    const stopTimer = clock.after(periodMs, flush);
    function flush() {
      stopTimer();
      waiting = null;
      resolve();
    }
    return { batchTimer, flush };
  }

  return {
    next() {
      waiting ??= begin();
      return waiting.batchTimer;
    },
    flush: () => waiting?.flush(),
  };
}
