/** Apps and their keys, by hash, as the API made them. */
import type { RecordsMigration } from "./migration.ts";

export const apps: RecordsMigration = {
  name: "0005-apps",
  async up(db, { key }) {
    await db.schema
      .createTable("apps")
      .addColumn("name", key, (column) => column.primaryKey().notNull())
      .addColumn("profile", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .addColumn("deleted_at", "bigint")
      .addColumn("revision", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("app_keys")
      .addColumn("id", key, (column) => column.primaryKey().notNull())
      .addColumn("app", key, (column) => column.notNull())
      .addColumn("hash", key, (column) => column.notNull().unique())
      .addColumn("scopes", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint")
      .execute();
    await db.schema.createIndex("app_keys_app").on("app_keys").columns(["app", "id"]).execute();
  },
};
