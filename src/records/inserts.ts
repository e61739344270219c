/**
 * Inserts many rows by few statements. Kysely writes the text of each statement once for a number of rows: writing it anew takes
 * longer than the insert, and SQLite keeps the prepared statements of a few texts only.
 */
import { CompiledQuery, type RawBuilder, sql } from "kysely";
import type { RecordsTransaction } from "./tables.ts";

/**
 * Rows of one statement. Any number of rows takes few statements, each of which is a message to SQLite's process, of few texts.
 * PostgreSQL takes 65,535 parameters in one, SQLite 32,766: a detail record has 45.
 */
const sizes = [64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1] as const;

export interface Inserts<Row> {
  /** @returns what the statement's `returning` yields, and how many rows were inserted or updated where it has none */
  run<T>(transaction: RecordsTransaction, rows: readonly Row[]): Promise<Inserted<T>>;
}

export interface Inserted<T> {
  readonly rows: readonly T[];
  readonly count: number;
}

/**
 * @param columns of the table, in the order of `values`
 * @param tail `on conflict …`
 */
export function createInserts<Row>(options: {
  readonly table: string;
  readonly columns: readonly string[];
  readonly values: (row: Row) => readonly unknown[];
  readonly tail: RawBuilder<unknown>;
}): Inserts<Row> {
  const { table, columns, values, tail } = options;
  /** By the number of rows. One for each instance, whose transactions are all of one backend. */
  const texts = new Map<number, string>();

  function textOf(transaction: RecordsTransaction, size: number): string {
    const known = texts.get(size);
    if (known !== undefined) return known;
    const row = sql`(${sql.join(columns.map(() => null))})`;
    const rows = sql.join(Array.from({ length: size }, () => row));
    const names = sql.join(columns.map((name) => sql.ref(name)));
    const text = sql`insert into ${sql.table(table)} (${names}) values ${rows} ${tail}`.compile(transaction).sql;
    texts.set(size, text);
    return text;
  }

  return {
    async run<T>(transaction: RecordsTransaction, rows: readonly Row[]) {
      const returned: T[] = [];
      let count = 0;
      for (let at = 0; at < rows.length; ) {
        const size = sizes.find((one) => one <= rows.length - at) ?? 1;
        const parameters = rows.slice(at, at + size).flatMap(values);
        const query = CompiledQuery.raw(textOf(transaction, size), parameters);
        const result = await transaction.executeQuery(query);
        returned.push(...(result.rows as T[]));
        count += Number(result.numAffectedRows ?? 0);
        at += size;
      }
      return { rows: returned, count };
    },
  };
}
