/**
 * Reads lists page by page by the order of an index. Each query looks at a bounded number of rows, whatever is filtered: a filter
 * that few rows match gives short pages, never a long query.
 */
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Place } from "../../cdr/cursor.ts";
import type { Page } from "../../cdr/store-port.ts";
import type { RecordsDb } from "../tables.ts";
import type { CdrsTable } from "./tables.ts";

/** Rows of the index that one query looks at: some milliseconds. */
const maxLookedAt = 5000;
/** Such queries for one page. */
const maxLooks = 10;

export type Condition = RawBuilder<SqlBool>;

export interface List {
  /** The columns that order it, after `base`: a time, the verification and perhaps the number. */
  readonly order: readonly [time: keyof CdrsTable, ...ids: (keyof CdrsTable)[]];
  /** What the index begins with, and bounds of its time. */
  readonly base: readonly Condition[];
  /** Everything else. */
  readonly filters: readonly Condition[];
}

export async function readPage(
  db: RecordsDb,
  list: List,
  after: Place | null,
  limit: number,
): Promise<Page<CdrsTable>> {
  const found: CdrsTable[] = [];
  let from = after;
  for (let look = 0; look < maxLooks; look++) {
    const { rows, next } = await readOnce(db, list, from, limit - found.length);
    found.push(...rows);
    from = next;
    if (from === null || found.length >= limit) break;
  }
  return { rows: found, next: from };
}

/** One look: the rows that match among the next ones of the index. */
async function readOnce(db: RecordsDb, list: List, after: Place | null, limit: number): Promise<Page<CdrsTable>> {
  const { order, base, filters } = list;
  const columns = sql.join(order.map((name) => sql.ref(name)));
  const descending = sql.join(order.map((name) => sql`${sql.ref(name)} desc`));
  const at = (place: Place) => sql`(${sql.join([place.atMs, place.id, place.number].slice(0, order.length))})`;
  const within = [...base, ...(after === null ? [] : [sql<SqlBool>`(${columns}) < ${at(after)}`])];
  const placeOf = (row: Pick<CdrsTable, "verification" | "number"> & Partial<CdrsTable>): Place => {
    return { atMs: Number(row[order[0]]), id: row.verification, number: order.length > 2 ? row.number : 0 };
  };

  let bound: Place | null = null;
  if (filters.length > 0) {
    const looked =
      await sql<CdrsTable>`select ${columns} from cdrs where ${every(within)} order by ${descending} limit 1 offset ${maxLookedAt - 1}`.execute(
        db,
      );
    bound = looked.rows[0] === undefined ? null : placeOf(looked.rows[0]);
  }
  const conditions = [...within, ...(bound === null ? [] : [sql<SqlBool>`(${columns}) >= ${at(bound)}`]), ...filters];
  // One more says whether there is a next page.
  const { rows } =
    await sql<CdrsTable>`select * from cdrs where ${every(conditions)} order by ${descending} limit ${limit + 1}`.execute(
      db,
    );
  const last = rows[limit - 1];
  if (rows.length > limit && last !== undefined) return { rows: rows.slice(0, limit), next: placeOf(last) };
  return { rows, next: bound };
}

function every(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}

/** `name = value` for each that is given. */
export function equal(pairs: readonly (readonly [name: string, value: unknown])[]): readonly Condition[] {
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [sql<SqlBool>`${sql.ref(name)} = ${value}`]));
}

/** Bounds of a time, from (included) to (not included). */
export function between(name: string, fromMs: number | undefined, toMs: number | undefined): readonly Condition[] {
  return [
    ...(fromMs === undefined ? [] : [sql<SqlBool>`${sql.ref(name)} >= ${fromMs}`]),
    ...(toMs === undefined ? [] : [sql<SqlBool>`${sql.ref(name)} < ${toMs}`]),
  ];
}
