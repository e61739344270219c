/** What PostgreSQL's catalogue says of a table. */
import { type Column, type ColumnKind, type Reference, TableError, type TableInfo, type TableName } from "../ports.ts";
import type { PostgresConnection } from "./connect.ts";

export interface PostgresColumn extends Column {
  /** What texts become for it: its type without a length, to which a text would be cut without an error. */
  readonly cast: string;
}

export interface PostgresTable extends TableInfo {
  readonly columns: readonly PostgresColumn[];
  /** For SQL; `only` where rows of inheriting tables, which its key does not cover, must be left out. */
  readonly sql: string;
}

export const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** relkind of pg_class: what cannot be cleaned. */
const others: Readonly<Record<string, string>> = {
  v: "a view; name the table that it reads",
  m: "a materialized view; name the table that it reads",
  f: "a foreign table; clean it in its own database",
  S: "a sequence",
  i: "an index",
  c: "a type",
};

/** @throws {TableError} */
export async function describePostgres(connection: PostgresConnection, table: TableName): Promise<PostgresTable> {
  const written = [table.schema, table.name]
    .filter((name) => name !== null)
    .map(quote)
    .join(".");
  const [found] = await connection.rows(
    `select c.oid::text, c.relkind::text, n.nspname::text, c.relname::text, c.relrowsecurity::text
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)`,
    [written],
  );
  if (found === undefined) throw new TableError(`there is no table ${written} that this user may see`);
  const [oid, kind, schema, name] = found as string[];
  const label = `${quote(schema ?? "")}.${quote(name ?? "")}`;
  const other = others[kind ?? ""];
  if (other !== undefined) throw new TableError(`${label} is ${other}`);
  const key = (
    await connection.rows(
      `select a.attname::text from pg_index i cross join unnest(i.indkey::int2[]) with ordinality k(attnum, at)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
       where i.indrelid = $1::oid and i.indisprimary order by k.at`,
      [oid],
    )
  ).map(([column]) => column ?? "");
  if (key.length === 0) {
    throw new TableError(
      `${label} has no primary key, by which rows are read in order and changed one by one; add one`,
    );
  }
  const partitioned = kind === "p";
  return {
    table: { schema: schema ?? "", name: name ?? "" },
    label,
    sql: partitioned ? label : `only ${label}`,
    columns: await columnsOf(connection, oid),
    key,
    partitioned,
    triggers: (
      await connection.rows(
        `select tgname::text from pg_trigger where tgrelid = $1::oid and not tgisinternal and tgenabled <> 'D' order by 1`,
        [oid],
      )
    ).map(([trigger]) => trigger ?? ""),
    references: await referencesTo(connection, oid),
    indexed: (
      await connection.rows(
        `select distinct a.attname::text from pg_index i
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
       where i.indrelid = $1::oid and i.indpred is null and i.indisvalid`,
        [oid],
      )
    ).map(([column]) => column ?? ""),
  };
}

async function columnsOf(connection: PostgresConnection, oid: string | undefined): Promise<readonly PostgresColumn[]> {
  const rows = await connection.rows(
    `select a.attname::text, format_type(a.atttypid, a.atttypmod), b.typcategory::text, (not a.attnotnull)::text,
       (a.attgenerated <> '')::text, case when b.typname in ('varchar', 'bpchar') and a.atttypmod > 4
       then (a.atttypmod - 4)::text end, b.typname::text, format_type(b.oid, -1)
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
     where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [oid],
  );
  return rows.map(([name, type, category, nullable, generated, length, base, cast]) => ({
    name: name ?? "",
    type: type ?? "",
    cast: cast ?? "text",
    kind: kindOf(category ?? "", base ?? ""),
    nullable: nullable === "true",
    generated: generated === "true",
    maxLength: length === null || length === undefined ? null : Number(length),
  }));
}

function kindOf(category: string, base: string): ColumnKind {
  if (category === "S") return "text";
  if (category === "B") return "boolean";
  return ["int2", "int4", "int8"].includes(base) ? "integer" : "other";
}

/** confdeltype: a no action, r restrict; c cascade, n set null, d set default change rows there. */
async function referencesTo(connection: PostgresConnection, oid: string | undefined): Promise<readonly Reference[]> {
  const rows = await connection.rows(
    `select conrelid::regclass::text, conname::text, confdeltype::text from pg_constraint
     where contype = 'f' and confrelid = $1::oid and conparentid = 0 order by 1, 2`,
    [oid],
  );
  return rows.map(([table, constraint, onDelete]) => ({
    table: table ?? "",
    constraint: constraint ?? "",
    spreads: "cnd".includes(onDelete ?? ""),
  }));
}
