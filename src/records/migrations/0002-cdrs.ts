import { sql } from "kysely";
import type { RecordsMigration } from "./migration.ts";

/** The buckets of post-dial delay that the table of sums has columns for. */
const delayBuckets = 24;

export const cdrs: RecordsMigration = {
  name: "0002-cdrs",
  async up(db, { key }) {
    await db.schema
      .createTable("cdrs")
      .addColumn("verification", key, (column) => column.notNull())
      .addColumn("number", "integer", (column) => column.notNull())
      .addColumn("seq", "integer", (column) => column.notNull())
      .addColumn("app", key, (column) => column.notNull())
      .addColumn("channel", key, (column) => column.notNull())
      // Null: erased; the same for verification_to and reference.
      .addColumn("recipient", key)
      .addColumn("verification_to", key)
      .addColumn("country", key)
      .addColumn("prefix", key)
      .addColumn("network", key)
      .addColumn("trunk", key)
      .addColumn("asterisk", key)
      .addColumn("range", key)
      .addColumn("caller_ids", "text")
      .addColumn("route", key)
      .addColumn("segments", "integer")
      .addColumn("invites", "text")
      .addColumn("outcome", key)
      .addColumn("alerted", "integer")
      .addColumn("post_dial_delay_ms", "integer")
      .addColumn("ring_ms", "integer")
      .addColumn("answered", "integer")
      .addColumn("talk_ms", "integer")
      .addColumn("false_answer", "integer")
      .addColumn("sip_status", "integer")
      .addColumn("q850", "integer")
      .addColumn("ended_by", key)
      .addColumn("source", key)
      .addColumn("state", key, (column) => column.notNull())
      .addColumn("reason", key)
      .addColumn("begun", "integer", (column) => column.notNull())
      .addColumn("delivered", "integer", (column) => column.notNull())
      .addColumn("verified", "integer", (column) => column.notNull())
      .addColumn("is_first", "integer", (column) => column.notNull())
      .addColumn("is_last", "integer", (column) => column.notNull())
      .addColumn("status", key, (column) => column.notNull())
      .addColumn("cost_micros", "bigint")
      .addColumn("guard_decision", key)
      .addColumn("test", "integer", (column) => column.notNull())
      .addColumn("reference", key)
      .addColumn("checks_used", "integer")
      .addColumn("started_at", "bigint", (column) => column.notNull())
      .addColumn("ended_at", "bigint", (column) => column.notNull())
      .addColumn("verification_started_at", "bigint", (column) => column.notNull())
      .addColumn("verification_ended_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("cdrs_key", ["verification", "number"])
      .execute();

    // Each list is read in the order of one of these from a place on, whatever else is filtered.
    const place = ["started_at", "verification", "number"];
    await db.schema.createIndex("cdrs_time").on("cdrs").columns(place).execute();
    await db.schema
      .createIndex("cdrs_app")
      .on("cdrs")
      .columns(["app", ...place])
      .execute();
    // Of a push registration the beginning: PostgreSQL takes no longer keys.
    const start = (name: string) => sql`lower(substr(${sql.ref(name)}, 1, 200))`;
    await sql`create index cdrs_recipient on cdrs (${start("recipient")}, started_at, verification, number)`.execute(
      db,
    );
    // A verification is found by its newest delivery.
    const verificationPlace = sql`verification_started_at, verification`;
    const indexes = [
      ["cdrs_verification_to", start("verification_to")],
      ["cdrs_reference", sql`reference`],
      ["cdrs_app_verifications", sql`app`],
    ] as const;
    for (const [name, first] of indexes) {
      await sql`create index ${sql.ref(name)} on cdrs (${first}, ${verificationPlace}) where is_last = 1`.execute(db);
    }

    const dimensions = ["level", "at", "app", "channel", "country", "prefix", "network", "trunk", "range"];
    const counters = ["verifications", "started", "delivered", "verified", "attempts", "answered", "reached", "priced"];
    const delays = Array.from({ length: delayBuckets }, (_, bucket) => `delay_${bucket}`);
    let table = db.schema.createTable("cdr_stats");
    for (const name of dimensions) {
      table = table.addColumn(name, name === "at" ? "bigint" : key, (column) => column.notNull());
    }
    for (const name of [...counters, "cost_micros", ...delays]) {
      table = table.addColumn(name, "bigint", (column) => column.notNull());
    }
    await table.addPrimaryKeyConstraint("cdr_stats_key", dimensions as never[]).execute();
  },
};
