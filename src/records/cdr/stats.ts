/** Reads sums: whole days from the rows of days, the hours before and after them from those of hours. */
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Dimension, StatsGroup, StatsQuery } from "../../cdr/store-port.ts";
import { counterNames, dayMs, type Tally } from "../../cdr/tally.ts";
import type { RecordsDb } from "../tables.ts";
import { statsSums } from "./tables.ts";

type Row = Readonly<Record<string, string | number | null>>;

export async function readStats(db: RecordsDb, query: StatsQuery): Promise<readonly StatsGroup[]> {
  const { period, by, where, maxGroups } = query;
  const at = period === "day" ? sql`at - at % ${sql.lit(dayMs)}` : period === "hour" ? sql`at` : null;
  const names = by.map((name) => sql.ref(name));
  const groups = [...(at === null ? [] : [at]), ...names];
  const selected = [
    ...(at === null ? [] : [sql`${at} as at_ms`]),
    ...names,
    ...statsSums.map((name) => sql`sum(${sql.ref(name)}) as ${sql.ref(name)}`),
  ];
  const filters = Object.entries(where).map(([name, value]) => sql<SqlBool>`${sql.ref(name)} = ${value}`);
  const condition = sql.join([rowsOf(query), ...filters], sql` and `);
  const grouped = groups.length === 0 ? sql`` : sql`group by ${sql.join(groups)} order by ${sql.join(groups)}`;
  const { rows } =
    await sql<Row>`select ${sql.join(selected)} from cdr_stats where ${condition} ${grouped} limit ${maxGroups + 1}`.execute(
      db,
    );
  // Sums over no rows are null; those of a record that has another trunk since are 0.
  return rows
    .filter(({ started, attempts }) => Number(started) > 0 || Number(attempts) > 0)
    .map((row) => groupOf(row, period !== null, by));
}

/** The rows of sums that together are this time, each part of it once. */
function rowsOf({ fromMs, toMs, period, by, where }: StatsQuery): RawBuilder<SqlBool> {
  const withPrefix = by.includes("prefix") || where.prefix !== undefined ? "p" : "";
  const rows = (level: string, from: number, to: number) =>
    sql<SqlBool>`(level = ${level + withPrefix} and at >= ${from} and at < ${to})`;
  const firstDay = Math.ceil(fromMs / dayMs) * dayMs;
  const lastDay = Math.floor(toMs / dayMs) * dayMs;
  if (period === "hour" || firstDay >= lastDay) return rows("h", fromMs, toMs);
  return sql<SqlBool>`(${sql.join([rows("h", fromMs, firstDay), rows("d", firstDay, lastDay), rows("h", lastDay, toMs)], sql` or `)})`;
}

function groupOf(row: Row, hasPeriod: boolean, by: readonly Dimension[]): StatsGroup {
  const sums = statsSums.map((name) => Number(row[name]));
  const counters = Object.fromEntries(counterNames.map((name, index) => [name, sums[index] ?? 0]));
  const tally: Tally = { counters: counters as Tally["counters"], delays: sums.slice(counterNames.length) };
  return {
    atMs: hasPeriod ? Number(row.at_ms) : null,
    values: Object.fromEntries(by.map((name) => [name, row[name] === "" ? null : String(row[name])])),
    tally,
  };
}
