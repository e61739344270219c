/** Who is never to be contacted again: by keyed hash, no number. */
import type { RecordsMigration } from "./migration.ts";

export const optOuts: RecordsMigration = {
  name: "0007-opt-outs",
  async up(db, { key }) {
    await db.schema
      .createTable("opt_outs")
      .addColumn("callee", key, (column) => column.primaryKey().notNull())
      .addColumn("entries", "text", (column) => column.notNull())
      .addColumn("revision", "integer", (column) => column.notNull())
      .execute();
  },
};
