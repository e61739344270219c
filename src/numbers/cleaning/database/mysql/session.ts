/** A table in MariaDB or MySQL: pages by key, short transactions with row locks that never wait (SKIP LOCKED). */
import {
  type Cell,
  DatabaseFailure,
  type Key,
  type ReadRow,
  type TableInfo,
  type TableName,
  type TableSession,
  type Transaction,
} from "../ports.ts";
import { connectMysql, type MysqlConnection } from "./connect.ts";
import { describeMysql, type MysqlTable, quote } from "./describe.ts";
import { type TextForm, textForm } from "./text-form.ts";

/** What is waited for locks of a transaction whose client is gone: each attempt takes the lock wait timeout. */
const settleAttempts = 10;

/** @throws {TableError}, {DatabaseFailure} */
export async function openMysql(url: string, table: TableName): Promise<TableSession> {
  const connection = await connectMysql(url);
  try {
    return sessionOf(connection, await describeMysql(connection, table));
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function sessionOf(connection: MysqlConnection, own: MysqlTable): TableSession {
  const formsOf = (table: TableInfo): ReadonlyMap<string, TextForm> =>
    new Map((table as MysqlTable).columns.map((column) => [column.name, textForm(column)]));
  const form = (name: string, forms: ReadonlyMap<string, TextForm>) => forms.get(name) as TextForm;
  const ownForms = formsOf(own);
  const order = own.key.map(quote).join(", ");

  async function read(table: TableInfo, columns: readonly string[], rest: string, parameters: readonly string[]) {
    const forms = formsOf(table);
    const selected = [...table.key, ...columns].map((name) => form(name, forms).read(`t.${quote(name)}`)).join(", ");
    const rows = await connection.rows(`select ${selected} from ${table.label} t ${rest}`, parameters);
    return rows.map(
      (cells): ReadRow => ({ key: cells.slice(0, table.key.length) as string[], cells: cells.slice(table.key.length) }),
    );
  }
  const byPrimary = "force index (primary)";
  /** A condition for these keys, and its parameters: the keys one after another. */
  function among(
    table: TableInfo,
    keys: readonly Key[],
    alias = "t.",
  ): { readonly sql: string; readonly parameters: string[] } {
    const forms = formsOf(table);
    const parameters = keys.flat();
    const [only = ""] = table.key;
    if (table.key.length === 1) {
      return { sql: `${alias}${quote(only)} in (${keys.map(() => form(only, forms).compare).join(", ")})`, parameters };
    }
    const one = `(${table.key.map((name) => `${alias}${quote(name)} = ${form(name, forms).compare}`).join(" and ")})`;
    return { sql: `(${keys.map(() => one).join(" or ")})`, parameters };
  }
  /** Later than these values in the order of these columns; row comparisons would not use the index. */
  function later(
    names: readonly string[],
    values: readonly string[],
  ): { readonly sql: string; readonly parameters: string[] } {
    const parameters: string[] = [];
    const terms = names.map((name, at) => {
      const equal = names.slice(0, at).map((before) => `t.${quote(before)} = ${form(before, ownForms).compare}`);
      parameters.push(...values.slice(0, at + 1));
      return `(${[...equal, `t.${quote(name)} > ${form(name, ownForms).compare}`].join(" and ")})`;
    });
    return { sql: `(${terms.join(" or ")})`, parameters };
  }

  const transaction: Transaction = {
    id: async () => null,
    async lock(keys, columns, _forDelete, table = own) {
      const { sql, parameters } = among(table, keys);
      return read(table, columns, `${byPrimary} where ${sql} for update skip locked`, parameters);
    },
    async update(columns, rows) {
      const parameters: Cell[] = [];
      const sets = columns.map((name, at) => {
        const { write } = form(name, ownForms);
        const [first] = rows;
        if (rows.every(({ cells }) => cells[at] === first?.cells[at])) {
          parameters.push(first?.cells[at] ?? null);
          return `${quote(name)} = ${write}`;
        }
        const cases = rows.map(({ key, cells }) => {
          const condition = among(own, [key], "");
          parameters.push(...condition.parameters, cells[at] ?? null);
          return `when ${condition.sql} then ${write}`;
        });
        return `${quote(name)} = case ${cases.join(" ")} else ${quote(name)} end`;
      });
      const { sql, parameters: keys } = among(
        own,
        rows.map(({ key }) => key),
        "",
      );
      await connection.rows(`update ${own.label} set ${sets.join(", ")} where ${sql}`, [...parameters, ...keys]);
    },
    async delete(keys, table = own) {
      const { sql, parameters } = among(table, keys, "");
      await connection.rows(`delete from ${table.label} where ${sql}`, parameters);
    },
    async insert(columns, rows, table = own) {
      const forms = formsOf(table);
      const one = `(${columns.map((name) => form(name, forms).write).join(", ")})`;
      const sql = `insert into ${table.label} (${columns.map(quote).join(", ")}) values ${rows.map(() => one).join(", ")}`;
      await connection.rows(sql, rows.flat());
    },
  };

  return {
    info: own,
    page(columns, { after, limit }) {
      if (after === null) return read(own, columns, `${byPrimary} order by ${order} limit ${limit}`, []);
      const { sql, parameters } = later(own.key, after);
      return read(own, columns, `${byPrimary} where ${sql} order by ${order} limit ${limit}`, parameters);
    },
    withValue(columns, column, values, limit) {
      const { compare } = form(column, ownForms);
      const rest = `where t.${quote(column)} in (${values.map(() => compare).join(", ")}) order by ${order} limit ${limit}`;
      return read(own, columns, rest, values);
    },
    since(columns, column, from, limit) {
      const names = [column, ...own.key];
      const sorted = `order by ${names.map((name) => `t.${quote(name)}`).join(", ")} limit ${limit}`;
      if (from === null) return read(own, columns, `where t.${quote(column)} is not null ${sorted}`, []);
      const { sql, parameters } = later(names, [from.value, ...from.key]);
      return read(own, columns, `where ${sql} ${sorted}`, parameters);
    },
    async read(keys, columns) {
      const { sql, parameters } = among(own, keys);
      return read(own, columns, `${byPrimary} where ${sql}`, parameters);
    },
    async settled(keys, columns) {
      const { sql, parameters } = among(own, keys);
      for (let attempt = 1; ; attempt++) {
        try {
          return await read(own, columns, `${byPrimary} where ${sql} lock in share mode`, parameters);
        } catch (error) {
          const busy = error instanceof DatabaseFailure && error.kind === "busy";
          if (!busy || attempt >= settleAttempts) throw error;
        }
      }
    },
    async transact(work) {
      await connection.rows("start transaction");
      try {
        const result = await work(transaction);
        await connection.rows("commit");
        return result;
      } catch (error) {
        const broken = error instanceof DatabaseFailure && error.kind === "broken";
        if (!broken) await connection.rows("rollback");
        throw error;
      }
    },
    outcomeOf: async () => "unknown",
    describe: (name: TableName) => describeMysql(connection, name),
    close: () => connection.close(),
  };
}
