/**
 * The seam of list cleaning: what is judged, where rows come from and where they go. Files and databases share the judge, the
 * pump and the summary; each has a source and a sink of its own.
 */
import type { RefusalCode } from "../../shared/refusal.ts";
import type { NumbersConfig } from "../config.ts";
import type { NumberType } from "../types.ts";

/**
 * Why a row is rejected: the API's codes, and what only lists have. `number_rounded`: a spreadsheet kept fewer digits than the
 * number has (6.28123E+11). `number_is_date`: a spreadsheet made a date of it. Neither is guessed back.
 */
export type CleaningReason = RefusalCode | "duplicate" | "number_rounded" | "number_is_date";

/** Plain data: it goes to worker threads, and into the journal of a run. */
export interface CleaningPolicy {
  /** Which numbers may be called. */
  readonly numbers: NumbersConfig;
  /** ISO 3166 country of numbers in national format; null: those are rejected. */
  readonly country: string | null;
  /** Landlines are clean too. */
  readonly keepLandlines: boolean;
}

/** What became of one cell. */
export interface JudgedCell {
  /** E.164 with the plus sign; null where it could not be read. */
  readonly number: string | null;
  /** Null: clean. */
  readonly reason: CleaningReason | null;
  /** What was perhaps meant, in E.164; never applied. */
  readonly suggestion: string | null;
  readonly type: NumberType;
  /** ISO 3166; null where it could not be read, or belongs to none. */
  readonly country: string | null;
  /** Name of the mobile operator by number range; null: not known. */
  readonly network: string | null;
}

/**
 * Judges one cell; never throws.
 * @param country of national format, instead of the policy's
 */
export type JudgeCell = (text: string, country?: string | null) => JudgedCell;

/**
 * Rows in a fixed order, in batches that are judged elsewhere.
 * @typeParam Position where to go on: plain data, kept in a journal
 */
export interface RowSource<Batch, Position> {
  /** @param from of an earlier run; null: from the beginning */
  read(from: Position | null): AsyncIterable<{ readonly batch: Batch; readonly after: Position }>;
}

/** Takes judged batches in the source's order, one at a time. */
export interface RowSink<Judged, Position> {
  write(judged: Judged): Promise<void>;
  /** Hands what was written to the system. */
  flush(): Promise<void>;
  /**
   * Makes what was flushed durable, together with the position behind it. What is meant is taken at the call, right after a
   * flush: rows may be written while it is under way. One at a time.
   */
  commit(after: Position): Promise<void>;
}

/** Counts of a run; `by_country`, `by_type` and `by_network` count clean rows. Snake case: it is written as it is. */
export interface CleaningSummary {
  readonly rows: number;
  readonly clean: number;
  readonly rejected: number;
  readonly duplicates: number;
  /** Rejected rows that have one. */
  readonly suggestions: number;
  readonly by_reason: Readonly<Record<string, number>>;
  readonly by_country: Readonly<Record<string, number>>;
  readonly by_type: Readonly<Record<string, number>>;
  readonly by_network: Readonly<Record<string, number>>;
}
