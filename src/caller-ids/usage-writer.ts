/** Write-behind buffer of caller-ID usage: batches, one at a time. What the store did not accept is lost. */
import type { Logger } from "pino";
import type { BatchTimer } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import type { Note, ReputationStore, Rested } from "./store-port.ts";

/** What one script takes: it blocks the store for no longer than about a millisecond. */
const mostPerBatch = 200;
/** Notes that wait while the store is slow; those beyond are dropped, and caps are exceeded by so much. */
const mostWaiting = 10_000;

export interface UsageWriter {
  /** Returns at once and never throws. */
  add(note: Note): void;
  /** Resolves when all notes so far were handed to the store. */
  settled(): Promise<void>;
}

/**
 * @param options.batchTimer when notes are handed over: at hundreds of calls a second one script then takes many
 * @param options.onRested called for each caller ID that went into cool-down
 */
export function createUsageWriter(options: {
  readonly store: Pick<ReputationStore, "note">;
  readonly batchTimer: BatchTimer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onRested: (rested: Rested) => void;
}): UsageWriter {
  const { store, batchTimer, clock, logger, onRested } = options;
  let waiting: Note[] = [];
  let lost = 0;
  let timed = false;
  let writing: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostPerBatch);
      waiting = waiting.slice(mostPerBatch);
      try {
        for (const rested of await store.note(clock.nowMs(), batch)) onRested(rested);
      } catch {
        // The store logs its own failure. Whether the notes were counted is unknown: none is sent twice.
      }
    }
    // Synchronous with the last check of `waiting`: a note that comes later starts anew.
    writing = null;
    if (lost > 0) logger.error({ lost }, "dropped caller-ID usage updates: store too slow");
    lost = 0;
  }

  function write(): void {
    if (waiting.length > 0) writing ??= writeAll();
  }

  return {
    add(note) {
      if (waiting.length >= mostWaiting) {
        lost++;
        return;
      }
      waiting.push(note);
      if (timed || writing) return;
      timed = true;
      void batchTimer.next().then(() => {
        timed = false;
        write();
      });
    },
    async settled() {
      while (waiting.length > 0 || writing) {
        write();
        await writing;
      }
    },
  };
}
