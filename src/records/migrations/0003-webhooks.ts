import type { RecordsMigration } from "./migration.ts";

/** Endpoints, whose URL and secrets are sealed, and the events that they did not get. */
export const webhooks: RecordsMigration = {
  name: "0003-webhooks",
  async up(db, { key }) {
    await db.schema
      .createTable("webhook_endpoints")
      .addColumn("id", key, (column) => column.primaryKey().notNull())
      .addColumn("app", key, (column) => column.notNull())
      .addColumn("url", "text", (column) => column.notNull())
      .addColumn("events", "text", (column) => column.notNull())
      .addColumn("enabled", "integer", (column) => column.notNull())
      .addColumn("disabled_reason", "text")
      .addColumn("secret", "text", (column) => column.notNull())
      .addColumn("previous_secret", "text")
      .addColumn("previous_until", "bigint")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .addColumn("revision", "integer", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("webhook_dead_letters")
      .addColumn("endpoint", key, (column) => column.notNull())
      .addColumn("event", key, (column) => column.notNull())
      .addColumn("app", key, (column) => column.notNull())
      .addColumn("type", "text", (column) => column.notNull())
      .addColumn("verification", key)
      .addColumn("reason", "text", (column) => column.notNull())
      .addColumn("tries", "integer", (column) => column.notNull())
      .addColumn("queued_at", "bigint", (column) => column.notNull())
      .addColumn("ended_at", "bigint", (column) => column.notNull())
      .addColumn("body", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("webhook_dead_letters_key", ["endpoint", "event"])
      .execute();
    const index = (name: string) => db.schema.createIndex(name).on("webhook_dead_letters");
    // In the order in which they were queued; by age, for deletion; of one verification, for erasure.
    await index("webhook_dead_letters_order").columns(["endpoint", "queued_at", "event"]).execute();
    await index("webhook_dead_letters_age").columns(["ended_at"]).execute();
    await index("webhook_dead_letters_verification").columns(["verification"]).execute();
  },
};
