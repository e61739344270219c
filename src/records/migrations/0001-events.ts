import type { RecordsMigration } from "./migration.ts";

export const events: RecordsMigration = {
  name: "0001-events",
  async up(db, { key }) {
    await db.schema
      .createTable("meta")
      .addColumn("key", key, (column) => column.primaryKey().notNull())
      .addColumn("value", "text", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("events")
      .addColumn("id", key, (column) => column.primaryKey().notNull())
      .addColumn("verification", key)
      .addColumn("seq", "integer")
      .addColumn("type", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("app", key)
      .addColumn("data", "text", (column) => column.notNull())
      .execute();
    // By verification in order; of all of them by age, for deletion.
    await db.schema.createIndex("events_verification").on("events").columns(["verification", "seq"]).execute();
    await db.schema.createIndex("events_at").on("events").columns(["at"]).execute();
  },
};
