/** Detail records in memory, for tests of what lies above their store. */
import type { Place } from "../../src/cdr/cursor.ts";
import type { Cdr } from "../../src/cdr/rows.ts";
import type { CdrFilter, CdrStore, EndedFilter, StatsGroup, StatsQuery } from "../../src/cdr/store-port.ts";

export interface MemoryCdrs extends CdrStore {
  /** Newest first. */
  readonly cdrs: Cdr[];
  /** What was asked. */
  readonly asked: { filters: CdrFilter[]; stats: StatsQuery[]; ended: EndedFilter[] };
  /** What the next questions are answered with. */
  groups: readonly StatsGroup[];
  fails: Error | null;
}

export function memoryCdrs(cdrs: readonly Cdr[] = []): MemoryCdrs {
  const of = (filter: CdrFilter) => (cdr: Cdr) =>
    (filter.app === undefined || cdr.app === filter.app) &&
    (filter.to === undefined || cdr.to === filter.to) &&
    (filter.channel === undefined || cdr.channel === filter.channel);
  const isAfter = (place: Place | null) => (cdr: Cdr) =>
    place === null || cdr.startedAtMs < place.atMs || (cdr.startedAtMs === place.atMs && cdr.verification < place.id);
  const store: MemoryCdrs = {
    cdrs: [...cdrs],
    asked: { filters: [], stats: [], ended: [] },
    groups: [],
    fails: null,
    async page(filter, after, limit) {
      if (store.fails) throw store.fails;
      store.asked.filters.push(filter);
      const rows = firstOf(store.cdrs, limit + 1, isAfter(after), of(filter));
      const last = rows[limit - 1];
      const next = rows.length > limit && last !== undefined;
      return {
        rows: rows.slice(0, limit),
        next: next ? { atMs: last.startedAtMs, id: last.verification, number: last.number } : null,
      };
    },
    async stats(query) {
      if (store.fails) throw store.fails;
      store.asked.stats.push(query);
      return store.groups;
    },
    async ended(filter) {
      if (store.fails) throw store.fails;
      store.asked.ended.push(filter);
      const found = store.cdrs.filter(of({ ...(filter.app !== undefined && { app: filter.app }) }));
      return { rows: found.map((cdr) => [cdr]), next: null };
    },
  };
  return store;
}

/** Not all that match: an export asks for hundreds of pages. */
function firstOf(cdrs: readonly Cdr[], most: number, ...tests: readonly ((cdr: Cdr) => boolean)[]): Cdr[] {
  const found: Cdr[] = [];
  for (const cdr of cdrs) {
    if (found.length === most) break;
    if (tests.every((test) => test(cdr))) found.push(cdr);
  }
  return found;
}
