import type { AppMirror } from "../../src/apps/mirror-port.ts";
import type { AppStore } from "../../src/apps/store-port.ts";
import type { AppRow } from "../../src/apps/types.ts";
import { Refusal } from "../../src/shared/refusal.ts";

/** Records of apps, and the mirror, in memory; each can be away. */
export function memoryApps() {
  const kept = new Map<string, AppRow>();
  const mirrored = new Map<string, AppRow>();
  const away = { records: false, redis: false };
  const records = () => {
    if (away.records) throw new Refusal("records_unavailable", "away");
  };
  const redis = () => {
    if (away.redis) throw new Refusal("store_unavailable", "away");
  };
  const newer = (rows: Map<string, AppRow>, row: AppRow) => {
    if (row.revision > (rows.get(row.name)?.revision ?? 0)) rows.set(row.name, row);
  };
  const revisionsOf = (rows: Map<string, AppRow>) => new Map([...rows].map(([name, { revision }]) => [name, revision]));
  const store: AppStore = {
    async app(name) {
      records();
      return kept.get(name) ?? null;
    },
    async update(name, change) {
      records();
      const before = kept.get(name) ?? null;
      const changed = change(before);
      const row = { ...changed, revision: Math.max(changed.revision, before?.revision ?? 0) + 1 };
      kept.set(name, row);
      return row;
    },
    async put(row) {
      records();
      newer(kept, row);
    },
    async revisions() {
      records();
      return revisionsOf(kept);
    },
  };
  const mirror: AppMirror = {
    async changes() {
      redis();
      return { position: "1", rows: [...mirrored.values()], more: false, replaced: false };
    },
    async put(row) {
      redis();
      newer(mirrored, row);
    },
    async revisions() {
      redis();
      return revisionsOf(mirrored);
    },
    async row(app) {
      redis();
      return mirrored.get(app) ?? null;
    },
  };
  return { store, mirror, kept, mirrored, away };
}
