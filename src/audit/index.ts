/** The audit log as the composition root takes it. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { Refusal } from "../shared/refusal.ts";
import { createAuditLog } from "./log.ts";
import type { Audit, AuditQueue, AuditRecords } from "./port.ts";
import { createAuditWriter } from "./writer.ts";

export interface AuditTrail extends Audit {
  /** From now on entries are moved to the records. */
  start(): void;
  /** Moves what waits, where the records take it. */
  stop(): Promise<void>;
}

/** @param options.records null: nothing is recorded (`records.url: off`), acts are in the log alone */
export function createAudit(options: {
  readonly queue: AuditQueue;
  readonly records: AuditRecords | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): AuditTrail {
  const { queue, records, clock, random, logger } = options;
  const parts = { clock, random, logger };
  if (records === null) {
    const off = new Refusal(
      "records_unavailable",
      "There is no audit log: records are switched off (records.url: off).",
    );
    return {
      ...createAuditWriter({ queue: null, ...parts }),
      read: () => Promise.reject(off),
      start: () => undefined,
      stop: async () => undefined,
    };
  }
  const log = createAuditLog({ queue, records, ...parts });
  return { ...createAuditWriter({ queue, ...parts }), read: log.read, start: log.start, stop: log.stop };
}
