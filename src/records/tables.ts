/**
 * The tables as TypeScript sees them; the same on both backends. Times are milliseconds since the epoch (`bigint`), JSON is
 * text, booleans are the integers 0 and 1: SQLite has no types of its own for them.
 */
import type { Kysely, Transaction } from "kysely";

/** What the gateway keeps about the records themselves. */
export interface MetaTable {
  readonly key: string;
  readonly value: string;
}

/** One row per public event. */
export interface EventsTable {
  readonly id: string;
  /** Null where it belongs to no verification; the same for `seq`. */
  readonly verification: string | null;
  /** Counts per verification from 1. */
  readonly seq: number | null;
  readonly type: string;
  readonly at: number;
  /** Null for the operator's events. */
  readonly app: string | null;
  /** JSON. */
  readonly data: string;
}

/** Each feature adds its tables here, beside its migration. */
export interface Tables {
  readonly meta: MetaTable;
  readonly events: EventsTable;
}

export type RecordsDb = Kysely<Tables>;
export type RecordsTransaction = Transaction<Tables>;
