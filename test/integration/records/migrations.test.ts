/** Changes of the tables: from each earlier version, half-done, two gateways at once, newer and older gateways. */
import { Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { migrate, readSchema } from "../../../src/records/migrate.ts";
import { migrations } from "../../../src/records/migrations/index.ts";
import type { RecordsMigration } from "../../../src/records/migrations/migration.ts";
import { migrateAt, openConnections } from "../../../src/records/open.ts";
import { readTarget } from "../../../src/records/target.ts";
import { describeOnBothBackends, recordsConfig } from "../../support/records.ts";

const names = migrations.map(({ name }) => name);

const later: RecordsMigration = {
  name: "9001-later",
  async up(db, { key }) {
    await db.schema
      .createTable("later")
      .addColumn("id", key, (column) => column.primaryKey())
      .execute();
  },
};
const broken: RecordsMigration = {
  name: "9002-broken",
  async up(db) {
    await db.schema.createTable("half").addColumn("id", "text").execute();
    await sql`select * from nowhere`.execute(db);
  },
};

/** The tables' columns with their types, and the indexes, as the database itself lists them. */
async function shapeOf(db: Kysely<never>, backend: string): Promise<unknown> {
  const tables = await db.introspection.getTables();
  const columns = tables
    .map(({ name, columns }) => [name, columns.map(({ name, dataType, isNullable }) => [name, dataType, isNullable])])
    .sort(([a], [b]) => String(a).localeCompare(String(b)));
  const indexes =
    backend === "sqlite"
      ? sql`select name, tbl_name from sqlite_master where type = 'index' order by name`
      : sql`select indexname, indexdef from pg_indexes where schemaname = 'public' order by indexname`;
  return [columns, (await indexes.execute(db)).rows];
}

describeOnBothBackends("migrations of records", (open) => {
  async function withDb<T>(url: string, work: (db: Kysely<never>) => Promise<T>): Promise<T> {
    const target = readTarget(url);
    if (target.backend === "off") throw new Error("no records");
    const db = new Kysely<never>({ dialect: openConnections(target, recordsConfig(url)).write });
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  }
  const shape = (url: string) => withDb(url, (db) => shapeOf(db, open.backend));
  const migrateTo = (url: string, own: readonly RecordsMigration[]) =>
    withDb(url, (db) => migrate(db, open.backend, own));

  test.each(names.map((name, index) => [name, index + 1] as const))(
    "from %s on, tables and rows end as those of a new installation",
    async (_name, count) => {
      const url = await open.newUrl();
      expect(await migrateTo(url, migrations.slice(0, count))).toEqual(names.slice(0, count));
      const row = { id: "evt_old_1", type: "verification.ended", at: 1_700_000_000_000, data: "{}" };
      await withDb(url, (db) =>
        (db as unknown as Kysely<Record<string, typeof row>>).insertInto("events").values(row).execute(),
      );
      const records = await open({ url });
      const fresh = await open();
      expect(await shape(url)).toEqual(await shape(fresh.url));
      expect(await records.read((db) => db.selectFrom("events").selectAll().execute())).toEqual([
        { ...row, verification: null, seq: null, app: null },
      ]);
    },
  );

  test("a migration that fails half-way leaves tables as they were, and the next attempt begins anew", async () => {
    const { url } = await open();
    const before = await shape(url);
    await expect(migrateTo(url, [...migrations, later, broken])).rejects.toThrow(/nowhere/);
    expect(await shape(url)).toEqual(before);
    expect((await withDb(url, (db) => readSchema(db))).applied).toEqual(names);
    expect(await migrateTo(url, [...migrations, later])).toEqual([later.name]);
  });

  test("gateways that start together apply each migration once", async () => {
    const url = await open.newUrl();
    const target = readTarget(url);
    if (target.backend === "off") throw new Error("no records");
    const applied = await Promise.all([1, 2, 3].map(() => migrateAt(target, recordsConfig(url), migrations)));
    expect(applied.flat()).toEqual(names);
    expect((await withDb(url, (db) => readSchema(db))).missing).toEqual([]);
  });

  test("a gateway refuses tables that a newer one has changed, and changes nothing", async () => {
    const url = await open.newUrl();
    await open({ url, migrations: [...migrations, later] });
    await expect(open({ url })).rejects.toThrow(
      /changed by a newer OneRing \(9001-later\); install that release again/,
    );
  });

  test("where it may not migrate, a gateway names what is missing, and works once `onering migrate` has run", async () => {
    const url = await open.newUrl();
    await expect(open({ url, config: { migrate: "by_command" } })).rejects.toThrow(
      `the records lack ${names.join(", ")}; make a backup, then run \`onering migrate --config FILE\``,
    );
    await migrateTo(url, migrations);
    const records = await open({ url, config: { migrate: "by_command" } });
    expect(records.state().up).toBe(true);
  });
});

test("migrations are numbered without gaps, each with a name of its own", () => {
  expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
  for (const name of names) expect(name).toMatch(/^\d{4}-[a-z-]+$/);
});
