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

/** What the writers of all attempts share. `Attempt` says whose update it is. */
export interface ProgressStore<Attempt> {
  /** Stores one update; if it rejects, that update or a newer one is tried again. */
  store(attempt: Attempt, update: DeliveryUpdate): Promise<void>;
  /** When updates are written: with those of other attempts. */
  readonly batchTimer: BatchTimer;
  readonly clock: Clock;
  /** Called once where an update is finally lost. */
  onLost(attempt: Attempt, update: DeliveryUpdate, error: unknown): void;
}

/** @returns the writer of one attempt */
export function createProgressWriter<Attempt>(store: ProgressStore<Attempt>, attempt: Attempt): ProgressWriter {
  return new AttemptWriter(store, attempt);
}

/** A class: there is one for each call in progress, and closures would be made for each. */
class AttemptWriter<Attempt> implements ProgressWriter {
  readonly #store: ProgressStore<Attempt>;
  readonly #attempt: Attempt;
  #waiting: DeliveryUpdate | null = null;
  #running: Promise<void> | null = null;

  constructor(store: ProgressStore<Attempt>, attempt: Attempt) {
    this.#store = store;
    this.#attempt = attempt;
  }

  write(update: DeliveryUpdate): void {
    this.#waiting = update;
    this.#running ??= this.#writeAll();
  }

  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #writeAll(): Promise<void> {
    const { batchTimer, clock } = this.#store;
    await batchTimer.next();
    let failures = 0;
    let passedMs: (() => number) | null = null;
    for (let update = this.#take(); update !== null; update = this.#take()) {
      try {
        await this.#store.store(this.#attempt, update);
        failures = 0;
        passedMs = null;
      } catch (error) {
        failures += 1;
        passedMs ??= stopwatch(clock);
        const delayMs = retryDelayMs(failures, passedMs());
        if (delayMs === null) {
          this.#store.onLost(this.#attempt, update, error);
          break;
        }
        this.#waiting ??= update;
        await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
      }
    }
    // Synchronous with the last check of what waits: an update that comes later starts anew.
    this.#running = null;
  }

  #take(): DeliveryUpdate | null {
    const update = this.#waiting;
    this.#waiting = null;
    return update;
  }
}
