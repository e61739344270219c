/** The audit log, which only grows, and which verifications a number or address had, by hash. */
import { sql } from "kysely";
import type { RecordsMigration } from "./migration.ts";

/** Younger entries cannot be deleted: the least of `records.retention.audit_days`. */
const keptMs = 30 * 86_400_000;

export const audit: RecordsMigration = {
  name: "0004-audit",
  async up(db, { key, backend }) {
    await db.schema
      .createTable("audit")
      .addColumn("id", key, (column) => column.primaryKey().notNull())
      .addColumn("position", key, (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("who", key, (column) => column.notNull())
      .addColumn("action", key, (column) => column.notNull())
      .addColumn("target", key, (column) => column.notNull())
      .addColumn("outcome", key, (column) => column.notNull())
      .addColumn("before_json", "text")
      .addColumn("after_json", "text")
      .execute();
    await db.schema.createIndex("audit_position").on("audit").columns(["position"]).execute();
    await db.schema.createIndex("audit_target").on("audit").columns(["target", "position"]).execute();
    await db.schema.createIndex("audit_at").on("audit").columns(["at"]).execute();

    await db.schema
      .createTable("subjects")
      .addColumn("hash", key, (column) => column.notNull())
      .addColumn("verification", key, (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("subjects_pk", ["hash", "verification"])
      .execute();
    await db.schema.createIndex("subjects_at").on("subjects").columns(["at"]).execute();

    const kept = sql.lit(keptMs);
    if (backend === "sqlite") {
      await sql`create trigger audit_no_update before update on audit
        begin select raise(abort, 'the audit log is append-only'); end`.execute(db);
      await sql`create trigger audit_no_delete before delete on audit
        when old.at > cast(strftime('%s', 'now') as integer) * 1000 - ${kept}
        begin select raise(abort, 'the audit log is append-only'); end`.execute(db);
      return;
    }
    await sql`create function audit_only_grows() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' and old.at <= extract(epoch from now()) * 1000 - ${kept} then return old; end if;
        raise exception 'the audit log is append-only';
      end $$`.execute(db);
    await sql`create trigger audit_only_grows before update or delete on audit
      for each row execute function audit_only_grows()`.execute(db);
    await sql`create trigger audit_no_truncate before truncate on audit
      for each statement execute function audit_only_grows()`.execute(db);
  },
};
