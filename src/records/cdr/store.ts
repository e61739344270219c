/** Reads detail records and verifications that have ended: the adapter of cdr/store-port.ts. */
import { type SqlBool, sql } from "kysely";
import type { Cdr } from "../../cdr/rows.ts";
import type { CdrFilter, CdrStore, EndedFilter } from "../../cdr/store-port.ts";
import type { Records } from "../records.ts";
import { between, equal, type List, readPage } from "./list.ts";
import { cdrOf } from "./row.ts";
import { sameAs } from "./same-as.ts";
import { readStats } from "./stats.ts";
import type { CdrsTable } from "./tables.ts";

export function createCdrStore(records: Pick<Records, "read">): CdrStore {
  return {
    page: (filter, after, limit) =>
      records.read(async (db) => {
        const { rows, next } = await readPage(db, cdrList(filter), after, limit);
        return { rows: rows.map(cdrOf), next };
      }),

    stats: (query) => records.read((db) => readStats(db, query)),

    ended: (filter, after, limit) =>
      records.read(async (db) => {
        const { rows, next } = await readPage(db, endedList(filter), after, limit);
        const ids = rows.map(({ verification }) => verification);
        const all =
          ids.length === 0
            ? []
            : await db.selectFrom("cdrs").selectAll().where("verification", "in", ids).orderBy("number").execute();
        const byId = new Map<string, Cdr[]>(ids.map((id) => [id, []]));
        for (const row of all as readonly CdrsTable[]) byId.get(row.verification)?.push(cdrOf(row));
        return { rows: [...byId.values()], next };
      }),
  };
}

/** Which index is read: that of what narrows most. The app is then a filter like any other. */
function cdrList(filter: CdrFilter): List {
  const { app, verification, to, fromMs, toMs, channel, country, status, state, reason, trunk, outcome } = filter;
  const times = between("started_at", fromMs, toMs);
  const order = ["started_at", "verification", "number"] as const;
  const others = equal([...Object.entries({ channel, country, status, state, reason, trunk, outcome })]);
  const ofApp = equal([["app", app]]);
  if (verification !== undefined) {
    return { order, base: [...equal([["verification", verification]])], filters: [...times, ...ofApp, ...others] };
  }
  if (to !== undefined) {
    const { index, whole } = sameAs("recipient", to);
    return { order, base: [index, ...times], filters: [whole, ...ofApp, ...others] };
  }
  return { order, base: [...ofApp, ...times], filters: others };
}

function endedList({ app, to, reference, status, channel, fromMs, toMs }: EndedFilter): List {
  const order = ["verification_started_at", "verification"] as const;
  // In the text, not as a parameter: it selects the indexes of newest deliveries.
  const base = [sql<SqlBool>`is_last = 1`, ...between("verification_started_at", fromMs, toMs)];
  const others = equal(Object.entries({ status, channel }));
  const ofApp = equal([["app", app]]);
  const ofReference = equal([["reference", reference]]);
  if (to !== undefined) {
    const { index, whole } = sameAs("verification_to", to);
    return { order, base: [...base, index], filters: [whole, ...ofReference, ...ofApp, ...others] };
  }
  if (reference !== undefined) return { order, base: [...base, ...ofReference], filters: [...ofApp, ...others] };
  return { order, base: [...base, ...ofApp], filters: others };
}
