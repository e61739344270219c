/** What the guard keeps: block and allow lists, and its decisions. */
import type { RecordsMigration } from "./migration.ts";

export const guard: RecordsMigration = {
  name: "0006-guard",
  async up(db, { key }) {
    await db.schema
      .createTable("guard_lists")
      .addColumn("id", key, (column) => column.primaryKey().notNull())
      .addColumn("list", key, (column) => column.notNull())
      .addColumn("app", key)
      .addColumn("value", key, (column) => column.notNull())
      .addColumn("reason", "text")
      .addColumn("added_by", key, (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint")
      .execute();
    await db.schema.createIndex("guard_lists_app").on("guard_lists").columns(["app", "id"]).execute();
    await db.schema.createIndex("guard_lists_expiry").on("guard_lists").columns(["expires_at"]).execute();

    await db.schema
      .createTable("guard_decisions")
      .addColumn("id", key, (column) => column.primaryKey().notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("app", key, (column) => column.notNull())
      .addColumn("verification", key, (column) => column.notNull())
      .addColumn("mode", key, (column) => column.notNull())
      .addColumn("channel", key, (column) => column.notNull())
      .addColumn("country", key)
      .addColumn("prefix", key)
      .addColumn("recipient", key)
      .addColumn("verdict", key, (column) => column.notNull())
      .addColumn("rule", key)
      .addColumn("note", "text")
      .addColumn("figures", "text", (column) => column.notNull())
      .execute();
    const index = (name: string) => db.schema.createIndex(name).on("guard_decisions");
    // Read from a place on, of all or of an app; by age, for deletion; of one recipient, for erasure.
    await index("guard_decisions_time").columns(["at", "id"]).execute();
    await index("guard_decisions_app").columns(["app", "at", "id"]).execute();
    await index("guard_decisions_verification").columns(["verification"]).execute();
    await index("guard_decisions_recipient").columns(["recipient"]).execute();
  },
};
