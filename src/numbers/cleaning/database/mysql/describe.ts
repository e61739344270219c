/** What MariaDB and MySQL say of a table. */
import { type ColumnKind, type Reference, TableError, type TableInfo, type TableName } from "../ports.ts";
import type { MysqlConnection } from "./connect.ts";
import { type MysqlColumn, textForm } from "./text-form.ts";

export interface MysqlTable extends TableInfo {
  readonly columns: readonly MysqlColumn[];
}

export const quote = (name: string) => `\`${name.replaceAll("`", "``")}\``;

/** @throws {TableError} */
export async function describeMysql(connection: MysqlConnection, table: TableName): Promise<MysqlTable> {
  const [found] = await connection.rows(
    `select table_schema, table_name, table_type, engine, coalesce(create_options, '') from information_schema.tables
     where table_schema = coalesce(?, database()) and table_name = ?`,
    [table.schema, table.name],
  );
  const asked = [table.schema, table.name]
    .filter((name) => name !== null)
    .map(quote)
    .join(".");
  if (found === undefined) throw new TableError(`there is no table ${asked} that this user may see`);
  const [schema = "", name = "", type, engine, options] = found as string[];
  const label = `${quote(schema)}.${quote(name)}`;
  if (type !== "BASE TABLE") throw new TableError(`${label} is a ${type?.toLowerCase()}; name a plain table`);
  if (engine?.toLowerCase() !== "innodb") {
    throw new TableError(`${label} has the engine ${engine}, which has no transactions; it needs InnoDB`);
  }
  const at = [schema, name];
  const columns = await columnsOf(connection, at);
  const odd = [schema, name, ...columns.map((column) => column.name)].find((one) => one.includes("?"));
  // The driver would take it for a parameter.
  if (odd !== undefined) throw new TableError(`${label}: a name with a question mark (${odd}) is not supported`);
  const indexes = await connection.rows(
    `select index_name, column_name, seq_in_index, coalesce(sub_part, '') from information_schema.statistics
     where table_schema = ? and table_name = ? order by index_name, seq_in_index`,
    at,
  );
  const primary = indexes.filter(([index]) => index === "PRIMARY");
  if (primary.length === 0) {
    throw new TableError(
      `${label} has no primary key, by which rows are read in order and changed one by one; add one`,
    );
  }
  for (const [, column, , part] of primary) {
    const found = columns.find((one) => one.name === column);
    if (part !== "" || found === undefined || !textForm(found).isKey) {
      throw new TableError(`${label}: a primary key of ${found?.type ?? "an expression"} (${column}) is not supported`);
    }
  }
  return {
    table: { schema, name },
    label,
    columns,
    key: primary.map(([, column]) => column ?? ""),
    partitioned: options?.includes("partitioned") ?? false,
    triggers: (
      await connection.rows(
        `select trigger_name from information_schema.triggers
         where event_object_schema = ? and event_object_table = ? order by 1`,
        at,
      )
    ).map(([trigger]) => trigger ?? ""),
    references: await referencesTo(connection, at),
    indexed: [
      ...new Set(indexes.filter(([, , seq, part]) => seq === "1" && part === "").map(([, column]) => column ?? "")),
    ],
  };
}

async function columnsOf(connection: MysqlConnection, at: readonly string[]): Promise<readonly MysqlColumn[]> {
  const rows = await connection.rows(
    `select column_name, data_type, column_type, is_nullable, extra, character_maximum_length, character_set_name,
       collation_name
     from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position`,
    at,
  );
  return rows.map(([name, base, type, nullable, extra, length, charset, collation]) => ({
    name: name ?? "",
    kind: kindOf(base ?? ""),
    type: type ?? "",
    base: base ?? "",
    nullable: nullable === "YES",
    generated: /(?:virtual|stored|persistent) generated/i.test(extra ?? ""),
    maxLength: length === null || length === undefined ? null : Number(length),
    charset: charset ?? null,
    collation: collation ?? null,
  }));
}

function kindOf(base: string): ColumnKind {
  if (/^(?:var)?char$|text$/.test(base)) return "text";
  return /int$/.test(base) ? "integer" : "other";
}

async function referencesTo(connection: MysqlConnection, at: readonly string[]): Promise<readonly Reference[]> {
  const rows = await connection.rows(
    `select concat(constraint_schema, '.', table_name), constraint_name, delete_rule
     from information_schema.referential_constraints
     where unique_constraint_schema = ? and referenced_table_name = ? order by 1, 2`,
    at,
  );
  return rows.map(([table, constraint, rule]) => ({
    table: table ?? "",
    constraint: constraint ?? "",
    spreads: !["RESTRICT", "NO ACTION"].includes(rule ?? ""),
  }));
}
