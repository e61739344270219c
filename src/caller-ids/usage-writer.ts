/** Write-behind buffer of caller-ID usage: batches, one at a time. What the store did not accept is lost. */
import type { Logger } from "pino";
import type { BatchTimer } from "../shared/batch-timer.ts";
import type { CooldownBegun, Note, ReputationStore } from "./store-port.ts";

/** Largest batch of one script, which then blocks the store for about a millisecond at most. */
const mostPerBatch = 200;
/** Notes that wait while the store is slow; further ones are dropped, and caps may be exceeded by as many calls. */
const mostWaiting = 10_000;

export interface UsageWriter {
  /** Returns at once and never throws. */
  add(note: Note): void;
  /** Resolves when all notes so far were passed to the store. */
  settled(): Promise<void>;
}

/**
 * @param options.batchTimer when notes are passed on: at hundreds of calls a second one script then handles many
 * @param options.onCooldown called for each caller ID that went into cool-down
 */
export function createUsageWriter(options: {
  readonly store: Pick<ReputationStore, "note">;
  readonly batchTimer: BatchTimer;
  readonly logger: Logger;
  readonly onCooldown: (cooldown: CooldownBegun) => void;
}): UsageWriter {
  const { store, batchTimer, logger, onCooldown } = options;
  let waiting: Note[] = [];
  let lost = 0;
  let timed = false;
  let writing: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostPerBatch);
      waiting = waiting.slice(mostPerBatch);
      try {
        for (const cooldown of await store.note(batch)) onCooldown(cooldown);
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
