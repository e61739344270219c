/** The audit log in the records. There is no way here to change an entry. */
import type { AuditEntry, AuditRecords, Json } from "../audit/port.ts";
import type { RecordsConfig } from "./config.ts";
import type { RecordsFeature } from "./index.ts";
import type { Records } from "./records.ts";
import type { RetentionJob } from "./retention.ts";
import type { AuditTable } from "./tables.ts";

export function createAuditRecords(records: Pick<Records, "read" | "write">): AuditRecords {
  return {
    async append(entries) {
      const rows = entries.map(
        ({ position, entry }): AuditTable => ({
          ...{ id: entry.id, position: sortable(position), at: entry.atMs },
          ...{ who: entry.who, action: entry.action, target: entry.target, outcome: entry.outcome },
          ...{ before_json: writeJson(entry.before), after_json: writeJson(entry.after) },
        }),
      );
      await records.write((trx) =>
        trx
          .insertInto("audit")
          .values(rows)
          .onConflict((conflict) => conflict.column("id").doNothing())
          .execute(),
      );
    },

    async read({ who, action, target, fromMs, untilMs }, after, count) {
      const rows = await records.read((db) => {
        let query = db.selectFrom("audit").selectAll();
        if (who !== undefined) query = query.where("who", "=", who);
        if (action !== undefined) query = query.where("action", "=", action);
        if (target !== undefined) query = query.where("target", "=", target);
        if (fromMs !== undefined) query = query.where("at", ">=", fromMs);
        if (untilMs !== undefined) query = query.where("at", "<", untilMs);
        if (after !== null) query = query.where("position", "<", after);
        return query
          .orderBy("position", "desc")
          .limit(count + 1)
          .execute();
      });
      const page = rows.slice(0, count);
      return { entries: page.map(readEntry), next: rows.length > count ? (page.at(-1)?.position ?? null) : null };
    },
  };
}

/** What the composition root registers. */
export function auditFeatures({ retention }: RecordsConfig): readonly RecordsFeature[] {
  return [{ retention: auditRetention(retention) }];
}

/** Deletes entries by age; the tables refuse to delete younger ones. */
export function auditRetention({ audit_days: days }: RecordsConfig["retention"]): RetentionJob {
  return {
    name: "audit",
    days,
    async deleteBatch(transaction, beforeMs, limit) {
      const old = transaction.selectFrom("audit").select("id").where("at", "<", beforeMs).orderBy("at").limit(limit);
      const { numDeletedRows } = await transaction.deleteFrom("audit").where("id", "in", old).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

/** `<ms>-<number>` so that it orders as text: 15 digits last until the year 33658. */
function sortable(position: string): string {
  const [ms = "", number = ""] = position.split("-");
  return `${ms.padStart(15, "0")}-${number.padStart(10, "0")}`;
}

function readEntry(row: AuditTable): AuditEntry {
  return {
    ...{ id: row.id, atMs: Number(row.at), who: row.who, action: row.action, target: row.target },
    outcome: row.outcome as AuditEntry["outcome"],
    ...{ before: readJson(row.before_json), after: readJson(row.after_json) },
  };
}

function writeJson(value: Json): string | null {
  return value === null ? null : JSON.stringify(value);
}

function readJson(text: string | null): Json {
  return text === null ? null : (JSON.parse(text) as Json);
}
