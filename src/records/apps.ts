/** Apps and their keys in records. */
import type { Insertable, Selectable } from "kysely";
import type { AppProfileConfig } from "../apps/config.ts";
import type { Scope } from "../apps/scopes.ts";
import type { AppStore } from "../apps/store-port.ts";
import type { AppRow, KeyRow } from "../apps/types.ts";
import type { Records } from "./records.ts";
import type { AppKeysTable, AppsTable, RecordsDb, RecordsTransaction } from "./tables.ts";

const namesAtOnce = 1000;

export function createAppStore(records: Pick<Records, "read" | "write" | "state">): AppStore {
  /** A row that is to be changed is locked: SQLite has one writer anyway. */
  async function read(db: RecordsDb | RecordsTransaction, name: string, toChange: boolean): Promise<AppRow | null> {
    const query = db.selectFrom("apps").selectAll().where("name", "=", name);
    const locking = toChange && records.state().backend === "postgres" ? query.forUpdate() : query;
    const app = await locking.executeTakeFirst();
    if (app === undefined) return null;
    const keys = await db
      .selectFrom("app_keys")
      .selectAll()
      .where("app", "=", name)
      .orderBy("created_at")
      .orderBy("id")
      .execute();
    return readApp(app, keys);
  }

  async function write(trx: RecordsTransaction, row: AppRow): Promise<void> {
    const { name, ...values } = writeApp(row);
    await trx
      .insertInto("apps")
      .values({ name, ...values })
      .onConflict((conflict) => conflict.column("name").doUpdateSet(values))
      .execute();
    await trx.deleteFrom("app_keys").where("app", "=", name).execute();
    if (row.keys.length > 0) {
      await trx
        .insertInto("app_keys")
        .values(row.keys.map((key) => writeKey(name, key)))
        .execute();
    }
  }

  return {
    app: (name) => records.read((db) => read(db, name, false)),

    update: (name, change) =>
      records.write(async (trx) => {
        const now = await read(trx, name, true);
        if (now === null) {
          // Two that add one name at once: the second waits here, and finds the first one's row.
          const held = { ...writeApp(nothingYet(name)) };
          await trx
            .insertInto("apps")
            .values(held)
            .onConflict((conflict) => conflict.column("name").doNothing())
            .execute();
        }
        const before = now ?? (await read(trx, name, true));
        const known = before === null || before.revision === 0 ? null : before;
        const changed = change(known);
        const row = { ...changed, revision: Math.max(changed.revision, known?.revision ?? 0) + 1 };
        await write(trx, row);
        return row;
      }),

    put: (row) =>
      records.write(async (trx) => {
        const before = await read(trx, row.name, true);
        if (before === null || before.revision < row.revision) await write(trx, row);
      }),

    async revisions() {
      const found = new Map<string, number>();
      for (let after = ""; ; ) {
        const rows = await records.read((db) =>
          db
            .selectFrom("apps")
            .select(["name", "revision"])
            .where("name", ">", after)
            .orderBy("name")
            .limit(namesAtOnce)
            .execute(),
        );
        for (const { name, revision } of rows) found.set(name, Number(revision));
        const last = rows.at(-1);
        if (rows.length < namesAtOnce || last === undefined) return found;
        after = last.name;
      }
    },
  };
}

/** Holds a name within the transaction that adds it. */
function nothingYet(name: string): AppRow {
  return { name, profile: null, keys: [], createdAtMs: 0, updatedAtMs: 0, deletedAtMs: null, revision: 0 };
}

function writeApp(row: AppRow): Insertable<AppsTable> {
  return {
    ...{ name: row.name, profile: row.profile === null ? null : JSON.stringify(row.profile) },
    ...{ created_at: row.createdAtMs, updated_at: row.updatedAtMs, deleted_at: row.deletedAtMs },
    revision: row.revision,
  };
}

function writeKey(app: string, key: KeyRow): Insertable<AppKeysTable> {
  const { id, hash, scopes, createdAtMs, expiresAtMs } = key;
  return { id, app, hash, scopes: JSON.stringify(scopes), created_at: createdAtMs, expires_at: expiresAtMs };
}

function readApp(app: Selectable<AppsTable>, keys: readonly Selectable<AppKeysTable>[]): AppRow {
  return {
    name: app.name,
    profile: app.profile === null ? null : (JSON.parse(app.profile) as AppProfileConfig),
    keys: keys.map(readKey),
    ...{ createdAtMs: Number(app.created_at), updatedAtMs: Number(app.updated_at) },
    ...{ deletedAtMs: app.deleted_at === null ? null : Number(app.deleted_at), revision: Number(app.revision) },
  };
}

function readKey(key: Selectable<AppKeysTable>): KeyRow {
  return {
    ...{ id: key.id, hash: key.hash, scopes: JSON.parse(key.scopes) as Scope[], createdAtMs: Number(key.created_at) },
    expiresAtMs: key.expires_at === null ? null : Number(key.expires_at),
  };
}
