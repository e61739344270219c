/** Block and allow lists in the records. */
import type { Selectable } from "kysely";
import type { HashScope } from "../guard/counted-rule.ts";
import { canonicalValue, erasedValue, type ListEntry, type ListName } from "../guard/lists/entry.ts";
import type { ListStore } from "../guard/lists/ports.ts";
import type { SubjectStore } from "../subjects/store-port.ts";
import type { RecordsFeature } from "./index.ts";
import type { Records } from "./records.ts";
import type { GuardListsTable } from "./tables.ts";

/** In all: every gateway has them in memory, and reads them whole after a change (0.2 KB each). */
const mostEntries = 10_000;
const mostOfAnApp = 1000;
/** Entries of all apps from which on only apps with few may add some, and from which on none: operators always may. */
const mostOfApps = { open: 6000, few: 50, all: 8000 };

export function createListStore(records: Pick<Records, "read" | "write">): ListStore {
  return {
    async all() {
      const rows = await records.read((db) =>
        db.selectFrom("guard_lists").selectAll().orderBy("id").limit(mostEntries).execute(),
      );
      return rows.map(readEntry);
    },

    add: (entry) =>
      records.write(async (trx) => {
        const counts = trx.selectFrom("guard_lists").select(({ fn }) => fn.countAll().as("count"));
        const count = async (counted: typeof counts) => Number((await counted.executeTakeFirst())?.count ?? 0);
        if ((await count(counts)) >= mostEntries) return false;
        if (entry.app !== null) {
          const own = await count(counts.where("app", "=", entry.app));
          const ofApps = await count(counts.where("app", "is not", null));
          if (own >= mostOfAnApp) return false;
          if (ofApps >= (own < mostOfApps.few ? mostOfApps.all : mostOfApps.open)) return false;
        }
        await trx.insertInto("guard_lists").values(writeEntry(entry)).execute();
        return true;
      }),

    remove: (id, app) =>
      records.write(async (trx) => {
        const row = await trx.selectFrom("guard_lists").selectAll().where("id", "=", id).executeTakeFirst();
        if (row === undefined || (app !== null && row.app !== app)) return null;
        await trx.deleteFrom("guard_lists").where("id", "=", id).execute();
        return readEntry(row);
      }),

    async page({ app, list }, after, limit) {
      const rows = await records.read((db) => {
        let query = db.selectFrom("guard_lists").selectAll();
        if (app !== undefined) query = query.where("app", app === null ? "is" : "=", app);
        if (list !== undefined) query = query.where("list", "=", list);
        if (after !== null) query = query.where("id", "<", after);
        return query
          .orderBy("id", "desc")
          .limit(limit + 1)
          .execute();
      });
      const page = rows.slice(0, limit);
      return { entries: page.map(readEntry), next: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
    },
  };
}

/**
 * Entries of this number or mailbox alone. They go on to hold after an erasure, as an opt-out does: a person who is blocked was
 * blocked for a reason, often at their own wish. What stays is a keyed hash.
 */
export function guardListSubjects(records: Pick<Records, "read" | "write">, hash: HashScope): SubjectStore {
  return {
    name: "lists",
    async export({ to }) {
      const value = canonicalValue(to);
      if (value === null) return { items: [], next: null };
      const rows = await records.read((db) =>
        db.selectFrom("guard_lists").selectAll().where("value", "=", value).orderBy("id").execute(),
      );
      const items = rows.map(readEntry).map(({ id, list, app, reason, createdAtMs }) => {
        return { id, list, app, value, reason, created_at: new Date(createdAtMs).toISOString() };
      });
      return { items, next: null };
    },
    async erase({ to }) {
      const value = canonicalValue(to);
      if (value === null) return { erased: 0, next: null };
      const blank = { value: erasedValue(hash, value), reason: null };
      const { numUpdatedRows } = await records.write((trx) =>
        trx.updateTable("guard_lists").set(blank).where("value", "=", value).executeTakeFirst(),
      );
      return { erased: Number(numUpdatedRows), next: null };
    },
  };
}

/** Deletes entries that have ended, a day later. */
export const guardListRecords: RecordsFeature = {
  retention: {
    name: "guard lists",
    days: 1,
    async deleteBatch(trx, beforeMs, limit) {
      const old = trx.selectFrom("guard_lists").select("id").where("expires_at", "<", beforeMs).limit(limit);
      const { numDeletedRows } = await trx.deleteFrom("guard_lists").where("id", "in", old).executeTakeFirst();
      return Number(numDeletedRows);
    },
  },
};

function writeEntry({ id, list, app, value, reason, by, createdAtMs, expiresAtMs }: ListEntry): GuardListsTable {
  return { id, list, app, value, reason, added_by: by, created_at: createdAtMs, expires_at: expiresAtMs };
}

function readEntry(row: Selectable<GuardListsTable>): ListEntry {
  const { id, app, value, reason } = row;
  return {
    ...{ id, list: row.list as ListName, app, value, reason, by: row.added_by },
    createdAtMs: Number(row.created_at),
    expiresAtMs: row.expires_at === null ? null : Number(row.expires_at),
  };
}
