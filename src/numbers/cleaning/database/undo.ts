/** Restores what a run changed, newest first: each row only where it still is what we made it. */
import type { BatchSize } from "./batch-size.ts";
import { pauseMs } from "./batch-size.ts";
import { byKey, cellsOf, isAs, keyText, writtenRow } from "./change-rows.ts";
import type { HoldTimes } from "./hold-times.ts";
import type { ChangedRow, Journal } from "./journal.ts";
import { busyPauseMs, type Pace } from "./pace.ts";
import { DatabaseFailure, type Key, type TableInfo, type TableSession, type Transaction } from "./ports.ts";

/** Why a row was not restored. */
export type Kept = "changed_since" | "locked" | "refused";

export interface Undone {
  restored: number;
  /** As before already: a run of before was ended in between. */
  already: number;
  kept: number;
}

export interface UndoOptions {
  readonly session: TableSession;
  readonly moved: TableInfo | null;
  readonly journal: Journal;
  readonly size: BatchSize;
  readonly holds: HoldTimes;
  readonly rowsPerSecond: number | null;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** A row that stays as it is. */
  report(key: Key, why: Kept, code: string | null): Promise<void>;
  progress(rows: number): void;
}

const busyRounds = 8;

export async function undo(options: UndoOptions): Promise<Undone> {
  const { journal, size, signal } = options;
  const undone: Undone = { restored: 0, already: 0, kept: 0 };
  for await (const batch of journal.committed()) {
    let locked = 0;
    for (let from = 0; from < batch.rows.length; ) {
      signal.throwIfAborted();
      const rows = batch.rows.slice(from, from + size.rows);
      locked += await restore(rows, options, undone);
      from += rows.length;
    }
    // Rows that were locked are tried again by the next `--undo`.
    await journal.undone(batch.batch, locked === 0);
  }
  return undone;
}

/** @returns how many stayed locked */
async function restore(rows: readonly ChangedRow[], options: UndoOptions, undone: Undone): Promise<number> {
  const { pace, size, report } = options;
  let left = rows;
  for (let round = 0; round < busyRounds && left.length > 0; round++) {
    if (round > 0) await pace.sleep(busyPauseMs(round));
    left = await attempt(left);
  }
  for (const { key } of left) await keep(key, "locked", null);
  return left.length;

  async function keep(key: Key, why: Kept, code: string | null): Promise<void> {
    undone.kept++;
    await report(key, why, code);
  }
  async function attempt(some: readonly ChangedRow[]): Promise<readonly ChangedRow[]> {
    try {
      const { locked, changed, restored, already } = await transaction(some, options);
      undone.restored += restored;
      undone.already += already;
      for (const key of changed) await keep(key, "changed_since", null);
      return locked;
    } catch (error) {
      if (!(error instanceof DatabaseFailure) || error.kind === "broken") throw error;
      if (error.kind === "busy") {
        size.collided();
        return some;
      }
      const [first] = some;
      if (first !== undefined && some.length === 1) {
        await keep(first.key, "refused", error.code);
        return [];
      }
      const half = Math.ceil(some.length / 2);
      return [...(await attempt(some.slice(0, half))), ...(await attempt(some.slice(half)))];
    }
  }
}

interface Result {
  readonly locked: readonly ChangedRow[];
  readonly changed: readonly Key[];
  readonly restored: number;
  readonly already: number;
}

async function transaction(rows: readonly ChangedRow[], options: UndoOptions): Promise<Result> {
  const { session, holds, size, pace, rowsPerSecond, progress, moved } = options;
  const there = new Set(
    (
      await session.read(
        rows.map(({ key }) => key),
        [],
      )
    ).map((row) => keyText(row.key)),
  );
  const startedMs = pace.now();
  const removed = rows.every(({ after }) => after === null);
  const result = await session.transact((tx) => (removed ? putBack(tx, rows, there, moved) : setBack(tx, rows, there)));
  const tookMs = pace.now() - startedMs;
  holds.add(tookMs);
  size.held(tookMs, rows.length);
  progress(rows.length - result.locked.length);
  await pace.sleep(pauseMs(tookMs, rows.length, rowsPerSecond));
  return result;
}

async function setBack(tx: Transaction, rows: readonly ChangedRow[], there: ReadonlySet<string>): Promise<Result> {
  const columns = Object.keys(rows[0]?.before ?? {});
  const found = byKey(
    await tx.lock(
      rows.map(({ key }) => key),
      columns,
      false,
    ),
  );
  const sorted = sort(rows, ({ key, before, after }) => {
    const row = found.get(keyText(key));
    if (row === undefined) return there.has(keyText(key)) ? "locked" : "changed";
    if (isAs(row, columns, before)) return "already";
    return after !== null && isAs(row, columns, after) ? "restore" : "changed";
  });
  const written = columns.filter((name) => sorted.restore.some(({ before, after }) => before[name] !== after?.[name]));
  if (sorted.restore.length > 0) {
    await tx.update(
      written,
      sorted.restore.map(({ key, before }) => writtenRow(key, before, written)),
    );
  }
  return asResult(sorted);
}

/** Rows that were removed: still away, and where they were moved as we put them there. */
async function putBack(
  tx: Transaction,
  rows: readonly ChangedRow[],
  there: ReadonlySet<string>,
  moved: TableInfo | null,
): Promise<Result> {
  const columns = Object.keys(rows[0]?.before ?? {});
  const keys = rows.map(({ key }) => key);
  const here = byKey(await tx.lock(keys, columns, true));
  const away = moved === null ? null : byKey(await tx.lock(keys, columns, true, moved));
  const sorted = sort(rows, ({ key, before }) => {
    const row = here.get(keyText(key));
    if (row !== undefined) return isAs(row, columns, before) ? "already" : "changed";
    if (there.has(keyText(key))) return "locked";
    if (away === null) return "restore";
    const copy = away.get(keyText(key));
    return isAs(copy, columns, before) ? "restore" : "changed";
  });
  if (sorted.restore.length > 0) {
    await tx.insert(
      columns,
      sorted.restore.map(({ before }) => cellsOf(before, columns)),
    );
    if (moved !== null)
      await tx.delete(
        sorted.restore.map(({ key }) => key),
        moved,
      );
  }
  return asResult(sorted);
}

type Fate = "restore" | "already" | "changed" | "locked";

function sort(rows: readonly ChangedRow[], fateOf: (row: ChangedRow) => Fate): Record<Fate, ChangedRow[]> {
  const sorted: Record<Fate, ChangedRow[]> = { restore: [], already: [], changed: [], locked: [] };
  for (const row of rows) sorted[fateOf(row)].push(row);
  return sorted;
}

function asResult({ restore, already, changed, locked }: Record<Fate, ChangedRow[]>): Result {
  return { locked, changed: changed.map(({ key }) => key), restored: restore.length, already: already.length };
}
