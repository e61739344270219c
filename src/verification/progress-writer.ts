/**
 * Stores the updates of one attempt, in order. Only the newest one counts: an update before the next flush, or while the
 * store is busy, replaces the waiting one. So one attempt never has more than one write in progress and one
 * waiting, and a store that is down for a while gets the last state when it is back. A lost update is settled by
 * the attempt's deadline.
 */
import type { BatchTimer } from "../shared/batch-timer.ts";
import { type Clock, stopwatch } from "../shared/clock.ts";
import type { DeliveryChange } from "./store-port.ts";

/**
 * The last one over and over: a call whose verification a failover lost must be hung up as soon as the store is back, because its
 * callee's lock is gone too and the next call may begin.
 */
const retryDelaysMs = [100, 300, 1000];
/** Longer than a failover of Sentinel or Cluster takes with their defaults (about 10 to 30 s). */
const retryForMs = 34_000;

/**
 * @param failures so far, in a row @param passedMs since the first one, or before
 * @returns how long to wait before the next one; null: there is none
 */
export function retryDelayMs(failures: number, passedMs: number): number | null {
  return passedMs >= retryForMs ? null : (retryDelaysMs[failures - 1] ?? retryDelaysMs.at(-1) ?? null);
}

/** One update of an attempt. */
export type DeliveryUpdate = Omit<DeliveryChange, "app" | "id" | "attempt">;

export interface ProgressWriter {
  write(update: DeliveryUpdate): void;
  /** Resolves when nothing is in progress or waiting. */
  settled(): Promise<void>;
}

/** @param options.store stores one update; if it rejects, that update or a newer one is tried again */
export function createProgressWriter(options: {
  readonly store: (update: DeliveryUpdate) => Promise<void>;
  /** When updates are written: with those of other attempts. */
  readonly batchTimer: BatchTimer;
  readonly clock: Clock;
  /** Called once where an update is finally lost. */
  readonly onLost: (update: DeliveryUpdate, error: unknown) => void;
}): ProgressWriter {
  const { store, batchTimer, clock, onLost } = options;
  let waiting: DeliveryUpdate | null = null;
  let running: Promise<void> | null = null;

  const writeAll = async () => {
    await batchTimer.next();
    let failures = 0;
    let passedMs: (() => number) | null = null;
    while (waiting !== null) {
      const update: DeliveryUpdate = waiting;
      waiting = null;
      try {
        await store(update);
        failures = 0;
        passedMs = null;
      } catch (error) {
        failures += 1;
        passedMs ??= stopwatch(clock);
        const delayMs = retryDelayMs(failures, passedMs());
        if (delayMs === null) {
          onLost(update, error);
          break;
        }
        waiting ??= update;
        await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
      }
    }
    // Synchronous with the last check of `waiting`: an update that comes later starts anew.
    running = null;
  };

  return {
    write(update) {
      waiting = update;
      running ??= writeAll();
    },
    async settled() {
      while (running) await running;
    },
  };
}
