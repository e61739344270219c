/**
 * Where opt-outs are kept: in records, and as every gateway reads them, so that records being away stops no verification while
 * Redis has its data.
 */
import type { OptOutEntry, OptOutRow } from "./types.ts";

/** The row in records; null: there is none; `unknown`: they cannot be asked. */
export type KnownRow = OptOutRow | null | "unknown";

/** In Redis (src/redis/opt-out-mirror.ts). Every method throws `Refusal("store_unavailable")`. */
export interface OptOutMirror {
  /** @returns those that there are, and whether the mirror has all that the records had when it was filled */
  find(callees: readonly string[]): Promise<{ readonly rows: readonly OptOutRow[]; readonly complete: boolean }>;
  /**
   * Sets an entry; it waits for the records from then on.
   * @param known where the mirror may not have it yet; where it is `unknown` and there is none here, the row is partial
   * @returns false where too many wait for the records already: nothing was changed
   */
  put(callee: string, app: string, entry: OptOutEntry, known: KnownRow): Promise<boolean>;
  /** Removes the entry of an app, or all. @returns how many entries there were */
  remove(callee: string, app: string | null, known: OptOutRow | null): Promise<number>;
  /** Rows that wait for the records, some of them. */
  waiting(): Promise<readonly OptOutRow[]>;
  /** These revisions are in the records. */
  written(rows: readonly OptOutRow[]): Promise<void>;
  /**
   * Adds rows of the records (null: they have none), where the mirror has none as new. Partial ones get what they lack, and
   * wait on.
   */
  fill(rows: readonly { readonly callee: string; readonly row: OptOutRow | null }[]): Promise<void>;
  /** All rows of the records are there. */
  filled(): Promise<void>;
}

/** Durable (src/records/opt-outs.ts). Every method throws `Refusal("records_unavailable")`. */
export interface OptOutRecords {
  /** Where their revision is greater; removes a row without entries. */
  put(rows: readonly OptOutRow[]): Promise<void>;
  find(callees: readonly string[]): Promise<readonly OptOutRow[]>;
  /** In the order of `callee`. @param after null: from the beginning */
  page(after: string | null, limit: number): Promise<readonly OptOutRow[]>;
}
