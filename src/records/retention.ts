/**
 * Deletes what is older than its class is kept, a small batch at a time, so that writes never wait for long. On PostgreSQL one of
 * the gateways does it, by an advisory lock that each batch takes.
 */
import { sql } from "kysely";
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import type { RecordsConfig } from "./config.ts";
import type { Records } from "./records.ts";
import type { RecordsTransaction } from "./tables.ts";

export interface RetentionJob {
  /** Of what; in the log. */
  readonly name: string;
  readonly days: number;
  /** Deletes at most `limit` rows that are older than `beforeMs`. @returns how many */
  deleteBatch(transaction: RecordsTransaction, beforeMs: number, limit: number): Promise<number>;
}

export interface Retention {
  start(): void;
  /** Goes over all jobs once. For tests and for the timer. @returns rows deleted, by job */
  runOnce(): Promise<Readonly<Record<string, number>>>;
  stop(): void;
}

const dayMs = 86_400_000;
/** Often enough that a day's rows go in pieces. */
const everyMs = 15 * 60_000;
const batchRows = 1000;
/** Of one job in one run: the next one goes on. */
const maxBatches = 500;
/** Any constant of our own; the gateways agree on it. */
const advisoryLock = 6_617_433_201;

export function createRetention(options: {
  readonly records: Pick<Records, "write" | "state">;
  readonly jobs: readonly RetentionJob[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, "info" | "error">;
}): Retention {
  const { records, jobs, clock, random, logger } = options;
  let cancel = () => {};
  let stopped = false;

  async function deleteAll({ name, days, deleteBatch }: RetentionJob): Promise<number> {
    const beforeMs = clock.nowMs() - days * dayMs;
    let deleted = 0;
    for (let batches = 0; batches < maxBatches && !stopped; batches++) {
      const rows = await records.write(async (transaction) => {
        const locked = records.state().backend !== "postgres" || (await tryLock(transaction));
        return locked ? await deleteBatch(transaction, beforeMs, batchRows) : 0;
      });
      deleted += rows;
      if (rows < batchRows) break;
    }
    if (deleted > 0) logger.info({ class: name, rows: deleted, days }, "old records deleted");
    return deleted;
  }

  async function runOnce(): Promise<Record<string, number>> {
    const deleted: Record<string, number> = {};
    for (const job of jobs) {
      if (stopped || !records.state().up) break;
      deleted[job.name] = await deleteAll(job).catch((err: unknown) => {
        if ((err as { code?: unknown }).code !== "records_unavailable") {
          logger.error({ err, class: job.name }, "old records could not be deleted");
        }
        return 0;
      });
    }
    return deleted;
  }

  function schedule(): void {
    if (stopped) return;
    // Gateways that were started together should not meet.
    cancel = clock.after(everyMs / 2 + random.below(everyMs), () => void runOnce().finally(schedule));
  }

  return {
    start: schedule,
    runOnce,
    stop() {
      stopped = true;
      cancel();
    },
  };
}

async function tryLock(transaction: RecordsTransaction): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(${sql.lit(advisoryLock)}) as locked`.execute(transaction);
  return rows[0]?.locked === true;
}

/** Deletes events by age. */
export function eventsRetention({ events_days: days }: RecordsConfig["retention"]): RetentionJob {
  return {
    name: "events",
    days,
    async deleteBatch(transaction, beforeMs, limit) {
      const oldest = transaction
        .selectFrom("events")
        .select("id")
        .where("at", "<", beforeMs)
        .orderBy("at")
        .limit(limit);
      const { numDeletedRows } = await transaction.deleteFrom("events").where("id", "in", oldest).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
