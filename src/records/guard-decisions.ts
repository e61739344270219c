/** The guard's decisions in the records. */
import type { Selectable } from "kysely";
import type { DecisionRow, DecisionStore, DecisionVerdict } from "../guard/decisions.ts";
import type { Figure } from "../guard/rule.ts";
import type { SubjectStore } from "../subjects/store-port.ts";
import type { RecordsConfig } from "./config.ts";
import type { RecordsFeature } from "./index.ts";
import type { Records } from "./records.ts";
import type { GuardDecisionsTable } from "./tables.ts";

/** Decisions of one part of an export. */
const mostAtOnce = 500;

export function createDecisionStore(records: Pick<Records, "read" | "write">): DecisionStore {
  return {
    async append(rows) {
      await records.write((trx) =>
        trx
          .insertInto("guard_decisions")
          .values(rows.map(writeRow))
          .onConflict((conflict) => conflict.column("id").doNothing())
          .execute(),
      );
    },

    async read({ app, verification, rules, verdict, fromMs, untilMs }, after, limit) {
      const rows = await records.read((db) => {
        let query = db.selectFrom("guard_decisions").selectAll();
        if (app !== undefined) query = query.where("app", "=", app);
        if (verification !== undefined) query = query.where("verification", "=", verification);
        if (rules !== undefined) query = query.where("rule", "in", rules);
        if (verdict !== undefined) query = query.where("verdict", "=", verdict);
        if (fromMs !== undefined) query = query.where("at", ">=", fromMs);
        if (untilMs !== undefined) query = query.where("at", "<", untilMs);
        if (after !== null) {
          const { at, id } = readPlace(after);
          query = query.where(({ or, and, eb }) =>
            or([eb("at", "<", at), and([eb("at", "=", at), eb("id", "<", id)])]),
          );
        }
        return query
          .orderBy("at", "desc")
          .orderBy("id", "desc")
          .limit(limit + 1)
          .execute();
      });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return { rows: page.map(readRow), next: rows.length > limit && last ? `${last.at}.${last.id}` : null };
    },
  };
}

/** As long as detail records: a dispute is about both. */
export function guardDecisionRecords({ cdrs_days: days }: RecordsConfig["retention"]): RecordsFeature {
  return {
    retention: {
      name: "guard decisions",
      days,
      async deleteBatch(trx, beforeMs, limit) {
        const old = trx
          .selectFrom("guard_decisions")
          .select("id")
          .where("at", "<", beforeMs)
          .orderBy("at")
          .limit(limit);
        const { numDeletedRows } = await trx.deleteFrom("guard_decisions").where("id", "in", old).executeTakeFirst();
        return Number(numDeletedRows);
      },
    },
  };
}

/** What is kept of somebody: decisions are erased with the rest. */
export function guardDecisionSubjects(records: Pick<Records, "read" | "write">): SubjectStore {
  return {
    name: "guard decisions",
    async export({ hash }, after) {
      const rows = await records.read((db) =>
        db
          .selectFrom("guard_decisions")
          .selectAll()
          .where("recipient", "=", hash)
          .where("id", ">", after ?? "")
          .orderBy("id")
          .limit(mostAtOnce)
          .execute(),
      );
      const items = rows.map(({ id, at, app, verification, channel, verdict, rule }) => {
        return { id, at: new Date(Number(at)).toISOString(), app, verification, channel, verdict, rule };
      });
      return { items, next: rows.length === mostAtOnce ? (rows.at(-1)?.id ?? null) : null };
    },
    async erase({ hash }) {
      const result = await records.write((trx) =>
        trx.deleteFrom("guard_decisions").where("recipient", "=", hash).executeTakeFirst(),
      );
      return { erased: Number(result.numDeletedRows), next: null };
    },
  };
}

/** As `next` has it. */
function readPlace(after: string): { readonly at: number; readonly id: string } {
  const dot = after.indexOf(".");
  return { at: Number(after.slice(0, dot)), id: after.slice(dot + 1) };
}

function writeRow({ atMs, figures, ...row }: DecisionRow): GuardDecisionsTable {
  return { ...row, at: atMs, figures: JSON.stringify(figures) };
}

function readRow({ at, figures, verdict, mode, ...row }: Selectable<GuardDecisionsTable>): DecisionRow {
  return {
    ...row,
    atMs: Number(at),
    mode: mode as DecisionRow["mode"],
    verdict: verdict as DecisionVerdict,
    figures: JSON.parse(figures) as readonly Figure[],
  };
}
