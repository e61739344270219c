/**
 * Handles due items without a request: verifications whose lifetime is over, deliveries whose gateway died, steps of
 * workflows. Due items are in Redis, and every gateway checks all of them, so they end within a few seconds as long as one
 * gateway runs.
 */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { Steps } from "./steps.ts";
import type { Seen, VerificationStore } from "./store-port.ts";

/** Interval between two checks of all shards: well within the 5 s in which an end must be reported. */
const intervalMs = 1000;
/** A script takes about 10 µs for each, so it blocks Redis for about a millisecond. */
const mostAtOnce = 100;

export interface DueWatch {
  start(): void;
  /** Checks the shard of a verification now, as for what this gateway knows to be due. */
  lookFor(id: string): void;
  /** Checks now. Resolves when each shard was checked; never rejects. */
  look(): Promise<void>;
  stop(): void;
}

/**
 * @param options.onSeen called with each verification that a check ended
 * @param options.steps begins the workflow steps that are due
 */
export function createDueWatch(options: {
  readonly store: Pick<VerificationStore, "settleDue" | "shards" | "shardOf">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSeen: (seen: Seen) => void;
  readonly steps: Pick<Steps, "begin" | "taken">;
}): DueWatch {
  const { store, clock, logger, onSeen, steps } = options;
  let stopTimer: (() => void) | null = null;
  let stopped = false;

  async function settle(shard: number): Promise<void> {
    let passedOver = 0;
    for (let more = true; more && !stopped; ) {
      const settled = await store.settleDue(shard, mostAtOnce, steps.taken(), passedOver);
      // Once a look: what cannot be handled now must neither be asked for again and again nor hide what is due behind it.
      passedOver += settled.left;
      for (const seen of settled.seen) onSeen(seen);
      for (const step of settled.steps) steps.begin(step);
      more = settled.more;
    }
  }

  async function look(): Promise<void> {
    const looks = await Promise.allSettled(Array.from({ length: store.shards }, (_, shard) => settle(shard)));
    const failed = looks.filter((one) => one.status === "rejected");
    if (failed.length > 0)
      logger.warn({ shards: failed.length }, "due verifications could not be ended; retrying in a second");
  }

  function schedule(): void {
    if (stopped) return;
    stopTimer = clock.after(intervalMs, () => void look().then(schedule));
  }

  return {
    start: schedule,
    lookFor(id) {
      // Where it fails the next look finds it.
      settle(store.shardOf(id)).catch(() => undefined);
    },
    look,
    stop() {
      stopped = true;
      stopTimer?.();
    },
  };
}
