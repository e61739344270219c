/**
 * The durable records as features use them. While they are away every call is refused at once, and a probe with growing pauses
 * finds out when they are back: no request waits for a database that is known not to answer.
 */
import { Kysely } from "kysely";
import type { Logger } from "pino";
import { backoffMs } from "../shared/backoff.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import type { RecordsConfig } from "./config.ts";
import { RecordsUnfit, recordsUnavailable, whyAway } from "./failure.ts";
import { prepare } from "./fitness.ts";
import type { RecordsMigration } from "./migrations/migration.ts";
import { type KnownTarget, openConnections } from "./open.ts";
import type { RecordsDb, RecordsTransaction, Tables } from "./tables.ts";
import { describeTarget, type RecordsBackend, readTarget } from "./target.ts";

export interface RecordsState {
  /** Null: nothing is recorded (`records.url: off`). */
  readonly backend: RecordsBackend | null;
  readonly up: boolean;
  /** Why it is not up; "" where it is. */
  readonly why: string;
}

export interface Records {
  /**
   * Reads. Any number of queries, each with a deadline of its own, outside a transaction. Long lists are read page by page.
   * @throws {Refusal} `records_unavailable`
   */
  read<T>(work: (db: RecordsDb) => Promise<T>): Promise<T>;
  /**
   * Reads and writes in one transaction: all of it or nothing. Where the answer to its end was lost it may have been carried out,
   * so what is written can be written again (`on conflict do nothing`, or set to a value).
   * @throws {Refusal} `records_unavailable`
   */
  write<T>(work: (transaction: RecordsTransaction) => Promise<T>): Promise<T>;
  state(): RecordsState;
  /**
   * Connects and, where it may, migrates. Records that are away are no failure: they are looked for in the background.
   * @throws {RecordsUnfit} where an operator must do something first
   */
  start(): Promise<void>;
  /** Lets what runs end within its deadline, then closes. */
  close(): Promise<void>;
}

export interface RecordsParts {
  readonly config: RecordsConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, "info" | "error" | "fatal">;
  /** For tests: the migrations that this gateway has. */
  readonly migrations?: readonly RecordsMigration[];
}

/** Of a gateway at once; more are refused, as the pool could not reach them within their deadline. */
const maxWaiting = 500;
const probeBackoff = { firstMs: 100, longestMs: 5000 };

/** Opens nothing before `start`. */
export function createRecords(parts: RecordsParts): Records {
  const { config, clock, random, logger } = parts;
  const named = readTarget(config.url);
  if (named.backend === "off") return switchedOff;
  const target: KnownTarget = named;
  const { backend } = target;
  const where = describeTarget(target);
  const dialects = openConnections(target, config);
  const writer = new Kysely<Tables>({ dialect: dialects.write });
  const reader = new Kysely<Tables>({ dialect: dialects.read });

  let up = false;
  let why = "not connected yet";
  let waiting = 0;
  let failures = 0;
  let closed = false;
  let cancelProbe = () => {};
  let probing = false;

  function isUp(): void {
    if (!up) logger.info({ records: where }, "records are reachable");
    up = true;
    why = "";
    failures = 0;
  }

  function isAway(reason: string): void {
    if (up || failures === 0) logger.error({ records: where, why: reason }, "records are away");
    up = false;
    why = reason;
    if (closed || probing) return;
    probing = true;
    failures++;
    cancelProbe = clock.after(backoffMs(failures, random, probeBackoff), () => {
      probing = false;
      void probe().catch(() => undefined);
    });
  }

  /** @throws {RecordsUnfit} which is looked at again, as an operator may have run the migration meanwhile */
  async function probe(): Promise<void> {
    try {
      await prepare({ writer, target, config, migrations: parts.migrations, logger });
      isUp();
    } catch (error) {
      const unfit = error instanceof RecordsUnfit;
      isAway(unfit ? error.message : (whyAway(error) ?? "an unexpected error"));
      if (unfit) throw error;
      if (whyAway(error) === null) logger.error({ err: error, records: where }, "records cannot be prepared");
    }
  }

  async function run<T>(work: () => Promise<T>): Promise<T> {
    if (!up) throw recordsUnavailable(why);
    if (waiting >= maxWaiting) throw recordsUnavailable("too many queries wait for it");
    waiting++;
    try {
      return await work();
    } catch (error) {
      const reason = whyAway(error);
      if (reason === null) throw error;
      // A statement that only took too long, or met a lock, says nothing of the next one.
      if (!transient.test(reason)) isAway(reason);
      throw recordsUnavailable(reason);
    } finally {
      waiting--;
    }
  }

  return {
    read: (work) => run(() => work(reader)),
    write: (work) => run(() => writer.transaction().execute(work)),
    state: () => ({ backend, up, why }),
    start: probe,
    async close() {
      closed = true;
      up = false;
      why = "the gateway is stopping";
      cancelProbe();
      await Promise.allSettled([writer.destroy(), reader.destroy()]);
    },
  };
}

/** Time-out and lock of PostgreSQL; the reader's deadline, lock and deadlock. */
const transient = /^(57014|55P03|40...|SQLITE_INTERRUPT|SQLITE_BUSY|SQLITE_LOCKED)/;

const off = () => Promise.reject(recordsUnavailable("they are switched off (records.url: off)"));

const switchedOff: Records = {
  read: off,
  write: off,
  state: () => ({ backend: null, up: false, why: "switched off (records.url: off)" }),
  start: async () => undefined,
  close: async () => undefined,
};
