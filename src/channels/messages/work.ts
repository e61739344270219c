/** What a channel has in progress, to be waited for when the gateway stops. */
import type { BatchTimer } from "../../shared/batch-timer.ts";
import type { DeliveryUpdate, ProgressWriter } from "../../verification/progress-writer.ts";

export interface Work {
  readonly size: number;
  /** Counts `work` as in progress until it ends; returns it. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Writes an update with the next batch; at once while `settled` is awaited. */
  write(progress: ProgressWriter, update: DeliveryUpdate): void;
  /** Resolves when nothing is in progress. */
  settled(): Promise<void>;
}

export function createWork(batchTimer: BatchTimer): Work {
  const running = new Set<Promise<unknown>>();
  let waiting = 0;
  return {
    get size() {
      return running.size;
    },
    track(work) {
      running.add(work);
      const done = () => void running.delete(work);
      work.then(done, done);
      return work;
    },
    write(progress, update) {
      progress.write(update);
      if (waiting > 0) batchTimer.flush();
    },
    async settled() {
      waiting++;
      batchTimer.flush();
      while (running.size > 0) await Promise.allSettled(running);
      waiting--;
    },
  };
}
