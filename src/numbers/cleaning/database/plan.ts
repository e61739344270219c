/** What a run was asked, and how far its reading is: `plan.json`. */
import type { Key, TableName } from "./ports.ts";

/** What must be the same for a run to go on in a folder. */
export interface Asked {
  readonly database: "postgres" | "mysql";
  readonly table: TableName;
  readonly column: string;
  readonly key: readonly string[];
  /** How numbers are judged: country and policy, which names the file of numbering plans. */
  readonly judging: string;
}

export interface Counts {
  /** Rows that were read. */
  rows: number;
  /** NULL: nothing to judge. */
  nulls: number;
  /** Callable, whether or not written in E.164. */
  clean: number;
  /** Callable and not written in E.164. */
  notCanonical: number;
  /** Refused or repeated, by reason. */
  reasons: Record<string, number>;
  /** Callable ones by ISO 3166 country. */
  countries: Record<string, number>;
  /** Callable ones by type. */
  types: Record<string, number>;
}

export interface Plan {
  readonly asked: Asked;
  readonly complete: boolean;
  /** Key of the last row that was read. */
  readonly after: Key | null;
  readonly bytes: { readonly changes: number; readonly rejects: number; readonly seen: number };
  readonly counts: Counts;
}

export function emptyCounts(): Counts {
  return { rows: 0, nulls: 0, clean: 0, notCanonical: 0, reasons: {}, countries: {}, types: {} };
}

/** A line of `changes.ndjson`. */
export interface Change {
  readonly key: Key;
  /** The column's text that was judged: another one is left alone. */
  readonly value: string;
  /** Null: callable, but not written in E.164. */
  readonly reason: string | null;
  /** In E.164; null where it cannot be read. */
  readonly number: string | null;
}

/** The reason of a number that an earlier row has. */
export const duplicate = "duplicate";

export function sameAsked(one: Asked, other: Asked): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
