/** What an action does to a row: nothing, or these values before and after. */
import { type Actions, columnOf, flagValue, writable } from "./actions.ts";
import type { ChangedRow, Verb } from "./journal.ts";
import { type Change, duplicate } from "./plan.ts";
import type { Cell, ReadRow, TableInfo, Transaction, WrittenRow } from "./ports.ts";

type Decided = Omit<ChangedRow, "line">;

export interface Changer {
  /** What is compared under the lock and kept for undo; the judged column is among them. */
  readonly columns: readonly string[];
  /** Those of them that are in `before`, which are the first: not a judged column that the database computes. */
  readonly compared: readonly string[];
  readonly removes: boolean;
  wants(change: Change): boolean;
  /** `differs`: somebody wrote another value since it was judged. */
  decide(change: Change, row: ReadRow): Decided | "already" | "differs";
  perform(transaction: Transaction, rows: readonly ChangedRow[]): Promise<void>;
}

/** @param moved the table of `move=` */
export function createChanger(
  verb: Verb,
  { info, column, actions, moved }: { info: TableInfo; column: string; actions: Actions; moved: TableInfo | null },
): Changer | null {
  if (verb === "normalise") return actions.normalise ? normaliser(column, actions) : null;
  const { reject } = actions;
  if (reject === null) return null;
  const wants = ({ reason }: Change) => reason !== null && (reason !== duplicate || actions.duplicates);
  if (reject.kind === "delete" || reject.kind === "move") return remover(info, column, moved, wants);
  if (reject.kind === "set-null") return setter([column], column, wants, () => ({ [column]: null }));
  const flag = columnOf(info, reject.column);
  return setter([column, flag.name], column, wants, ({ reason }) => ({ [flag.name]: flagValue(flag, reason ?? "") }));
}

function normaliser(column: string, actions: Actions): Changer {
  const wants = ({ reason, number, value }: Change) =>
    number !== null &&
    number !== value &&
    (reason === null || (reason === duplicate && !(actions.duplicates && actions.reject !== null)));
  return setter([column], column, wants, ({ number }) => ({ [column]: number }));
}

function setter(
  columns: readonly string[],
  column: string,
  wants: Changer["wants"],
  valuesOf: (change: Change) => Readonly<Record<string, Cell>>,
): Changer {
  return {
    columns,
    compared: columns,
    removes: false,
    wants,
    decide(change, row) {
      const now = byColumn(columns, row);
      const values = valuesOf(change);
      const isDone = Object.entries(values).every(([name, value]) => now[name] === value);
      if (isDone && (column in values || now[column] === change.value)) return "already";
      if (now[column] !== change.value) return "differs";
      return { key: change.key, reason: change.reason, before: now, after: { ...now, ...values } };
    },
    async perform(transaction, rows) {
      // The judged column is written only where it changes: triggers may be bound to it.
      const written = columns.filter((name) => rows.some(({ before, after }) => after?.[name] !== before[name]));
      await transaction.update(
        written,
        rows.map((row) => writtenRow(row.key, row.after, written)),
      );
    },
  };
}

function remover(info: TableInfo, column: string, moved: TableInfo | null, wants: Changer["wants"]): Changer {
  const columns = writable(info);
  return {
    columns: columns.includes(column) ? columns : [...columns, column],
    compared: columns,
    removes: true,
    wants,
    decide(change, row) {
      const now = byColumn(this.columns, row);
      if (now[column] !== change.value) return "differs";
      const before = Object.fromEntries(columns.map((name) => [name, now[name] ?? null]));
      return { key: change.key, reason: change.reason, before, after: null };
    },
    async perform(transaction, rows) {
      if (moved !== null)
        await transaction.insert(
          columns,
          rows.map(({ before }) => cellsOf(before, columns)),
          moved,
        );
      await transaction.delete(rows.map(({ key }) => key));
    },
  };
}

function byColumn(columns: readonly string[], { cells }: ReadRow): Readonly<Record<string, Cell>> {
  return Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? null]));
}

export function cellsOf(values: Readonly<Record<string, Cell>> | null, columns: readonly string[]): readonly Cell[] {
  return columns.map((name) => values?.[name] ?? null);
}

export function writtenRow(
  key: ChangedRow["key"],
  values: ChangedRow["after"],
  columns: readonly string[],
): WrittenRow {
  return { key, cells: cellsOf(values, columns) };
}

/** Whether a row is there and has these values. @param columns of the row's cells */
export function isAs(
  row: ReadRow | undefined,
  columns: readonly string[],
  values: Readonly<Record<string, Cell>>,
): boolean {
  return row !== undefined && columns.every((name, at) => (row.cells[at] ?? null) === (values[name] ?? null));
}

export const keyText = (key: readonly string[]) => JSON.stringify(key);

export function byKey(rows: readonly ReadRow[]): ReadonlyMap<string, ReadRow> {
  return new Map(rows.map((row) => [keyText(row.key), row]));
}
