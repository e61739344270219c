/**
 * The durable records as features use them. While they are away every call is refused at once, and a probe with growing pauses
 * finds out when they are back: no request waits for a database that is known not to answer.
 */
import { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Leases } from "../operations/leases-port.ts";
import { backoffMs } from "../shared/backoff.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import type { RecordsConfig } from "./config.ts";
import { RecordsUnfit, recordsUnavailable, whyAway } from "./failure.ts";
import { prepare } from "./fitness.ts";
import { createHome, type Home } from "./home.ts";
import type { RecordsMigration } from "./migrations/migration.ts";
import { openConnections } from "./open.ts";
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
  readonly logger: Pick<Logger, "info" | "error">;
  /** By which all gateways on one Redis record to the same place; without them that is not looked at. */
  readonly leases?: Leases;
  /** For tests: the migrations that this gateway has. */
  readonly migrations?: readonly RecordsMigration[];
}

/** Of a gateway at once; more are refused, as the pool could not reach them within their deadline. */
const maxWaiting = 500;
const probeBackoff = { firstMs: 100, longestMs: 5000 };

/** Opens nothing before `start`. */
export function createRecords(parts: RecordsParts): Records {
  const { config, clock, random, logger, leases } = parts;
  const target = readTarget(config.url);
  const where = describeTarget(target);
  const connections = target.backend === "off" ? null : openConnections(target, config);
  const writer = connections && new Kysely<Tables>({ dialect: connections.write });
  const reader = connections && new Kysely<Tables>({ dialect: connections.read });

  /** Two gateways in one process are two, too. */
  const instance = random.bytes(4).toString("hex");
  let home: Home | null = null;
  let up = false;
  let why = "not connected yet";
  let waiting = 0;
  let failures = 0;
  let closed = false;
  let cancelProbe: (() => void) | null = null;

  function isUp(): void {
    if (!up) logger.info({ records: where }, "records are reachable");
    up = true;
    why = "";
    failures = 0;
  }

  function isAway(reason: string): void {
    if (closed) return;
    // Once when they go, and once more where the reason changes.
    if (why !== reason) logger.error({ records: where, why: reason }, "records are away");
    up = false;
    why = reason;
    if (cancelProbe !== null) return;
    failures++;
    cancelProbe = clock.after(backoffMs(failures, random, probeBackoff), () => {
      cancelProbe = null;
      void probe().catch(() => undefined);
    });
  }

  async function takeHome(holder: string): Promise<void> {
    if (leases === undefined) return;
    home ??= createHome({ leases, holder, clock, onLost: isAway });
    await home.take();
  }

  /** @throws {RecordsUnfit} which is looked at again, as an operator may have run the migration meanwhile */
  async function probe(): Promise<void> {
    try {
      await prepare({ writer, target, config, random, instance, takeHome, migrations: parts.migrations, logger });
      if (writer !== null && !closed) isUp();
    } catch (error) {
      const unfit = error instanceof RecordsUnfit;
      const reason = unfit ? error.message : whyAway(error);
      if (reason === null) logger.error({ err: error, records: where }, "records cannot be prepared");
      isAway(reason ?? "an unexpected error, which was logged");
      if (unfit) throw error;
    }
  }

  async function run<T>(work: () => Promise<T>): Promise<T> {
    if (!up) throw recordsUnavailable();
    if (waiting >= maxWaiting) throw recordsUnavailable();
    waiting++;
    try {
      return await work();
    } catch (error) {
      const reason = whyAway(error);
      if (reason === null) throw error;
      // A statement that only took too long, or met a lock, says nothing of the next one.
      if (!transient.test(reason)) isAway(reason);
      throw recordsUnavailable();
    } finally {
      waiting--;
    }
  }

  if (writer === null || reader === null) why = "they are switched off (records.url: off)";
  const refused = () => Promise.reject(recordsUnavailable("This gateway keeps none (`records.url: off`)."));
  return {
    read: (work) => (reader === null ? refused() : run(() => work(reader))),
    write: (work) => (writer === null ? refused() : run(() => writer.transaction().execute(work))),
    state: () => ({ backend: target.backend === "off" ? null : target.backend, up, why }),
    start: probe,
    async close() {
      closed = true;
      up = false;
      why = "the gateway is stopping";
      cancelProbe?.();
      await Promise.allSettled([writer?.destroy(), reader?.destroy()]);
      // Last: the next gateway may begin now.
      await home?.release();
    },
  };
}

/** Time-out and lock of PostgreSQL; the reader's deadline, lock and deadlock. */
const transient = /^(57014|55P03|40...|SQLITE_INTERRUPT|SQLITE_BUSY|SQLITE_LOCKED)/;
