/** Moves entries from Redis to the records, in order and once each, and reads them there. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { Audit, AuditQueue, AuditRecords } from "./port.ts";

/** A gateway that died left its entries to the others. */
const intervalMs = 1000;
const mostAtOnce = 100;

export interface AuditLog extends Pick<Audit, "read"> {
  start(): void;
  /** Moves what waits now. @throws {Refusal} `records_unavailable`, `store_unavailable` */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export function createAuditLog(options: {
  readonly queue: Pick<AuditQueue, "oldest" | "remove">;
  readonly records: AuditRecords;
  readonly clock: Clock;
  readonly logger: Logger;
}): AuditLog {
  const { queue, records, clock, logger } = options;
  let running: Promise<void> | null = null;
  let stopTimer = () => {};
  let stopped = false;
  let failing = false;

  async function move(): Promise<void> {
    for (;;) {
      const entries = await queue.oldest(mostAtOnce);
      if (entries.length > 0) {
        // A second gateway may do the same: the records take each entry once.
        await records.append(entries);
        await queue.remove(entries.map(({ position }) => position));
      }
      if (entries.length < mostAtOnce) return;
    }
  }

  /** One at a time; a caller that comes while one runs needs what it wrote itself, so another one follows. */
  async function drain(): Promise<void> {
    await running?.catch(() => undefined);
    running ??= move().finally(() => {
      running = null;
    });
    await running;
  }

  async function look(): Promise<void> {
    try {
      await drain();
      failing = false;
    } catch (error) {
      const why = error instanceof Error ? error.message : "unknown";
      if (!failing) logger.warn({ why }, "audit entries wait in Redis: they cannot be recorded now");
      failing = true;
    }
  }

  function schedule(): void {
    if (stopped) return;
    stopTimer = clock.after(intervalMs, () => void look().then(schedule));
  }

  return {
    start: schedule,
    drain,
    async read(filter, after, count) {
      // Who has just done something finds it.
      await drain();
      return records.read(filter, after, count);
    },
    async stop() {
      stopped = true;
      stopTimer();
      await look();
    },
  };
}
