/** Opt-outs in the records. They are kept until they are lifted: no retention deletes them. */
import type { OptOutRecords } from "../opt-out/store-port.ts";
import type { OptOutRow } from "../opt-out/types.ts";
import type { Records } from "./records.ts";
import type { OptOutsTable } from "./tables.ts";

export function createOptOutRecords(records: Pick<Records, "read" | "write">): OptOutRecords {
  return {
    async put(rows) {
      const kept = rows.filter(({ entries }) => Object.keys(entries).length > 0).map(writeRow);
      const removed = rows.filter(({ entries }) => Object.keys(entries).length === 0);
      await records.write(async (trx) => {
        if (kept.length > 0) {
          await trx
            .insertInto("opt_outs")
            .values(kept)
            .onConflict((conflict) =>
              conflict
                .column("callee")
                .doUpdateSet((update) => ({
                  entries: update.ref("excluded.entries"),
                  revision: update.ref("excluded.revision"),
                }))
                .whereRef("opt_outs.revision", "<", "excluded.revision"),
            )
            .execute();
        }
        for (const { callee, revision } of removed) {
          await trx.deleteFrom("opt_outs").where("callee", "=", callee).where("revision", "<", revision).execute();
        }
      });
    },

    async find(callees) {
      if (callees.length === 0) return [];
      const rows = await records.read((db) =>
        db
          .selectFrom("opt_outs")
          .selectAll()
          .where("callee", "in", [...callees])
          .execute(),
      );
      return rows.map(readRow);
    },

    async page(after, limit) {
      const rows = await records.read((db) =>
        db
          .selectFrom("opt_outs")
          .selectAll()
          .where("callee", ">", after ?? "")
          .orderBy("callee")
          .limit(limit)
          .execute(),
      );
      return rows.map(readRow);
    },
  };
}

function writeRow({ callee, entries, revision }: OptOutRow): OptOutsTable {
  return { callee, entries: JSON.stringify(entries), revision };
}

function readRow({ callee, entries, revision }: OptOutsTable): OptOutRow {
  return { callee, entries: JSON.parse(entries) as OptOutRow["entries"], revision: Number(revision) };
}
