/**
 * How many rows a transaction changes, so that it holds their locks briefly: more while transactions are quick, half as many
 * after a slow one (additive increase, multiplicative decrease). And how long to stay away after it.
 */

/** What 99 of 100 transactions must stay below. */
export const holdLimitMs = 50;
/** Grows below this; a stall of the machine then still stays below the limit. */
const growBelowMs = 8;
const shrinkAboveMs = 16;
const firstRows = 20;
const growth = 1.25;

export interface BatchSize {
  readonly rows: number;
  /** After a transaction of that many rows. */
  held(ms: number, rows: number): void;
  /** After one that could not get on: locks, deadlock. */
  collided(): void;
}

/** @param mostRows in one transaction */
export function createBatchSize(mostRows: number): BatchSize {
  let rows = Math.min(firstRows, mostRows);
  const shrink = () => {
    rows = Math.max(1, Math.floor(rows / 2));
  };
  return {
    get rows() {
      return rows;
    },
    held(ms, used) {
      if (ms > shrinkAboveMs) shrink();
      // The last of a table says nothing about larger ones.
      else if (ms < growBelowMs && used >= rows) rows = Math.min(mostRows, Math.ceil(rows * growth));
    },
    collided: shrink,
  };
}

/**
 * The pause after a transaction: as long as it took, so that at least half of the time the table is left to others, and long
 * enough for the wished rate.
 * @param rowsPerSecond null: no limit
 */
export function pauseMs(tookMs: number, rows: number, rowsPerSecond: number | null): number {
  const rate = rowsPerSecond === null ? 0 : (rows / rowsPerSecond) * 1000 - tookMs;
  return Math.max(tookMs, rate);
}
