/** A table in PostgreSQL: pages by key, short transactions with row locks that never wait (SKIP LOCKED). */
import {
  DatabaseFailure,
  type Key,
  type ReadRow,
  type TableInfo,
  type TableName,
  type TableSession,
  type Transaction,
  type TransactionOutcome,
} from "../ports.ts";
import { connectPostgres, type PostgresConnection } from "./connect.ts";
import { describePostgres, type PostgresTable, quote } from "./describe.ts";

/** @throws {TableError}, {DatabaseFailure} */
export async function openPostgres(url: string, table: TableName): Promise<TableSession> {
  const connection = await connectPostgres(url);
  try {
    return sessionOf(connection, await describePostgres(connection, table));
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function sessionOf(connection: PostgresConnection, own: PostgresTable): TableSession {
  const keyCount = own.key.length;
  const selected = (table: TableInfo, columns: readonly string[]) =>
    [...table.key, ...columns].map((name) => `t.${quote(name)}::text`).join(", ");
  const asRow = (cells: readonly (string | null)[]): ReadRow => ({
    key: cells.slice(0, keyCount) as string[],
    cells: cells.slice(keyCount),
  });
  const read = async (sql: string, parameters: readonly unknown[]) =>
    (await connection.rows(sql, parameters)).map(asRow);
  const keyOrder = own.key.map((name) => `t.${quote(name)}`).join(", ");
  const castOf = (table: TableInfo, name: string) =>
    (table as PostgresTable).columns.find((column) => column.name === name)?.cast ?? "text";
  /** Parameters of the table's types, from text. */
  const typed = (names: readonly string[], from: number) =>
    names.map((name, at) => `$${from + at}::text::${castOf(own, name)}`).join(", ");

  /** `unnest` of text arrays as `v`, joined to the table by its key. */
  function keysJoined(table: TableInfo, more = 0): { readonly source: string; readonly on: string } {
    const count = table.key.length + more;
    const names = Array.from({ length: count }, (_, at) => `c${at}`);
    const source = `unnest(${names.map((_, at) => `$${at + 1}::text[]`).join(", ")}) as v(${names.join(", ")})`;
    const on = table.key.map((name, at) => `t.${quote(name)} = v.c${at}::${castOf(table, name)}`).join(" and ");
    return { source, on };
  }
  const turned = (rows: readonly (readonly (string | null)[])[], width: number) =>
    Array.from({ length: width }, (_, at) => rows.map((row) => row[at] ?? null));
  const sqlOf = (table: TableInfo) => (table as PostgresTable).sql;

  const transaction: Transaction = {
    async id() {
      const [[id] = []] = await connection.rows("select pg_current_xact_id()::text");
      return id ?? null;
    },
    lock(keys, columns, forDelete, table = own) {
      const { source, on } = keysJoined(table);
      const strength = forDelete ? "update" : "no key update";
      const sql = `select ${selected(table, columns)} from ${source} join ${sqlOf(table)} t on ${on} for ${strength} of t skip locked`;
      return read(sql, turned(keys, keyCount));
    },
    async update(columns, rows) {
      const { source, on } = keysJoined(own, columns.length);
      const values = columns.map((name, at) => `${quote(name)} = v.c${keyCount + at}::${castOf(own, name)}`);
      const parameters = turned(
        rows.map(({ key, cells }) => [...key, ...cells]),
        keyCount + columns.length,
      );
      await connection.rows(`update ${own.sql} t set ${values.join(", ")} from ${source} where ${on}`, parameters);
    },
    async delete(keys, table = own) {
      const { source, on } = keysJoined(table);
      await connection.rows(`delete from ${sqlOf(table)} t using ${source} where ${on}`, turned(keys, keyCount));
    },
    async insert(columns, rows, table = own) {
      const names = columns.map(quote).join(", ");
      const values = columns.map((name, at) => `v.c${at}::${castOf(table, name)}`).join(", ");
      const source = `unnest(${columns.map((_, at) => `$${at + 1}::text[]`).join(", ")}) as v(${columns.map((_, at) => `c${at}`).join(", ")})`;
      const sql = `insert into ${table.label} (${names}) overriding system value select ${values} from ${source}`;
      await connection.rows(sql, turned(rows, columns.length));
    },
  };

  const readByKey = (keys: readonly Key[], columns: readonly string[]) => {
    const { source, on } = keysJoined(own);
    const sql = `select ${selected(own, columns)} from ${source} join ${own.sql} t on ${on}`;
    return read(sql, turned(keys, keyCount));
  };
  return {
    info: own,
    page(columns, { after, limit }) {
      const where = after === null ? "" : `where (${keyOrder}) > (${typed(own.key, 1)})`;
      const sql = `select ${selected(own, columns)} from ${own.sql} t ${where} order by ${keyOrder} limit ${limit}`;
      return read(sql, after ?? []);
    },
    withValue(columns, column, values, limit) {
      const sql = `select ${selected(own, columns)} from ${own.sql} t
        where t.${quote(column)} = any ($1::text[]::${castOf(own, column)}[]) order by ${keyOrder} limit ${limit}`;
      return read(sql, [values]);
    },
    since(columns, column, from, limit) {
      const names = [column, ...own.key];
      const order = names.map((name) => `t.${quote(name)}`).join(", ");
      const where = from === null ? `t.${quote(column)} is not null` : `(${order}) > (${typed(names, 1)})`;
      const sql = `select ${selected(own, columns)} from ${own.sql} t where ${where} order by ${order} limit ${limit}`;
      return read(sql, from === null ? [] : [from.value, ...from.key]);
    },
    read: readByKey,
    settled: readByKey,
    async transact(work) {
      await connection.rows("begin");
      try {
        const result = await work(transaction);
        await connection.rows("commit");
        return result;
      } catch (error) {
        // After a failed COMMIT there is none to roll back: a warning.
        const broken = error instanceof DatabaseFailure && error.kind === "broken";
        if (!broken) await connection.rows("rollback");
        throw error;
      }
    },
    async outcomeOf(id) {
      const [[status] = []] = await connection.rows("select pg_xact_status($1::xid8)", [id]);
      return outcomes[status ?? ""] ?? "unknown";
    },
    describe: (name: TableName) => describePostgres(connection, name),
    close: () => connection.close(),
  };
}

const outcomes: Readonly<Record<string, TransactionOutcome>> = {
  committed: "committed",
  aborted: "aborted",
  "in progress": "running",
};
