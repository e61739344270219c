/**
 * Ends what is due though nobody asks: verifications whose time is over, deliveries whose gateway died. What is due lies
 * in Redis, and every gateway looks at all of it, so it is done within a few seconds whichever gateway is left.
 */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { Seen, VerificationStore } from "./store-port.ts";

/** Between two looks at all shards: well within the 5 s in which an end is to be told. */
const intervalMs = 1000;
/** One script takes about 10 µs for each: it holds up Redis for about a millisecond. */
const mostAtOnce = 100;

export interface DueWatch {
  start(): void;
  /** Looks now. Resolves when each shard was looked at; never rejects. */
  look(): Promise<void>;
  stop(): void;
}

/** @param onSeen is told of each verification that a look ended */
export function createDueWatch(options: {
  readonly store: Pick<VerificationStore, "settleDue" | "shards">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSeen: (seen: Seen) => void;
}): DueWatch {
  const { store, clock, logger, onSeen } = options;
  let stopTimer: (() => void) | null = null;
  let stopped = false;

  async function settle(shard: number): Promise<void> {
    for (let more = true; more && !stopped; ) {
      const settled = await store.settleDue(shard, mostAtOnce);
      for (const seen of settled.seen) onSeen(seen);
      more = settled.more;
    }
  }

  async function look(): Promise<void> {
    const looks = await Promise.allSettled(Array.from({ length: store.shards }, (_, shard) => settle(shard)));
    const failed = looks.filter((one) => one.status === "rejected");
    if (failed.length > 0)
      logger.warn({ shards: failed.length }, "what is due could not be ended: tried again in a second");
  }

  function schedule(): void {
    if (stopped) return;
    stopTimer = clock.after(intervalMs, () => void look().then(schedule));
  }

  return {
    start: schedule,
    look,
    stop() {
      stopped = true;
      stopTimer?.();
    },
  };
}
