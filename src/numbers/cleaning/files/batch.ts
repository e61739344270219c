/** A batch of rows before and after it was judged: what goes to a worker thread and back. */
import type { CleaningPolicy, CleaningReason } from "../ports.ts";
import type { TextEncodingName } from "../text/encoding.ts";
import type { Delimiter, Dialect } from "../text/rows.ts";

/** How rows are read and written: plain data, the same for a whole run. */
export interface Layout {
  /** `rows`: CSV and its kin; a workbook is read as CSV. */
  readonly kind: "rows" | "ndjson";
  readonly encoding: TextEncodingName;
  readonly dialect: Dialect;
  /** Separator of the rows that are written. */
  readonly output: Delimiter;
  /** Written behind each row. */
  readonly lineEnd: string;
  /** Names of the columns; null: the file has none. */
  readonly header: readonly string[] | null;
  /** Index of the column that is judged. */
  readonly column: number;
  readonly policy: CleaningPolicy;
}

/** Whole rows, at most some hundred thousand bytes. */
export interface TextBatch {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface JudgedBatch {
  readonly rows: number;
  /** Lines of clean rows, in order. */
  readonly clean: string;
  /** Lines of rejected rows, in order. */
  readonly rejects: string;
  /** Cells of the judged column of clean rows, as rejects have them: what a duplicate is written with. */
  readonly originals: string;
  /** By row: digits of the number as a number (E.164 has at most 15, so it is exact); 0: rejected. */
  readonly keys: Float64Array;
  /**
   * Three for each row: end in `clean` or `rejects`; of a clean row also its number's start in `clean`, and its end in
   * `originals`.
   */
  readonly ends: Uint32Array;
  /** By clean row: index into `groups`. */
  readonly group: Uint16Array;
  readonly groups: readonly RowGroup[];
  /** Of rejected rows. */
  readonly reasons: Readonly<Partial<Record<CleaningReason, number>>>;
  readonly suggestions: number;
}

/** Rows that count alike. */
export interface RowGroup {
  readonly country: string | null;
  readonly type: string;
  readonly network: string | null;
}
