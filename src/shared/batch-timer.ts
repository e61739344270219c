/** Flushes the writes of many callers at common times, so that they can be batched. */
import type { Clock } from "./clock.ts";
import { deferred } from "./deferred.ts";

export interface BatchTimer {
  /** Resolves at the next flush, within the period. */
  next(): Promise<void>;
  /** Flushes now, for all callers that wait. */
  flush(): void;
}

/** @param periodMs the first caller waits this long, later ones less */
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
