/** What detail records keep of a number or an address: for export and erasure (subjects/store-port.ts). */
import { sql } from "kysely";
import { cdrBody } from "../../cdr/representation.ts";
import type { Subject, SubjectStore } from "../../subjects/store-port.ts";
import type { Records } from "../records.ts";
import type { RecordsDb } from "../tables.ts";
import { cdrOf } from "./row.ts";
import { sameAs } from "./same-as.ts";
import type { CdrsTable } from "./tables.ts";

/** Of one call; each has few deliveries. */
const verificationsAtOnce = 100;

/**
 * Erased are the recipients, the app's reference and the caller IDs that were shown, of every record of a verification that had the person as a recipient: it is one
 * person's whole. What remains says of no one: counts, times, path, and the first digits of the number.
 */
export function createCdrSubjects(records: Pick<Records, "read" | "write">): SubjectStore {
  return {
    name: "cdrs",

    export: (subject, after) =>
      records.read(async (db) => {
        const { ids, next } = await verificationsOf(db, subject, after);
        if (ids.length === 0) return { items: [], next };
        const { rows } = await sql<CdrsTable>`
          select * from cdrs where verification in (${sql.join(ids)}) order by verification, number`.execute(db);
        return { items: rows.map((row) => cdrBody(cdrOf(row))), next };
      }),

    erase: (subject, after) =>
      records.write(async (transaction) => {
        const { ids, next } = await verificationsOf(transaction, subject, after);
        if (ids.length === 0) return { erased: 0, next };
        const { numAffectedRows = 0n } = await sql`
          update cdrs set recipient = null, verification_to = null, reference = null, caller_ids = null
          where verification in (${sql.join(ids)})
            and not (recipient is null and verification_to is null and reference is null and caller_ids is null)`.execute(
          transaction,
        );
        return { erased: Number(numAffectedRows), next };
      }),
  };
}

/** The next ones, in order: by their recipients, and those that are known to be the subject's. */
async function verificationsOf(db: RecordsDb, { to, verifications }: Subject, after: string | null) {
  const [recipient, own] = [sameAs("recipient", to), sameAs("verification_to", to)];
  const { rows } = await sql<{ readonly verification: string }>`
    select verification from cdrs where ${recipient.index} and ${recipient.whole}
    union
    select verification from cdrs where is_last = 1 and ${own.index} and ${own.whole}`.execute(db);
  const all = [...new Set([...rows.map(({ verification }) => verification), ...verifications])].sort();
  const ids = all.filter((id) => after === null || id > after).slice(0, verificationsAtOnce);
  return { ids, next: ids.length < verificationsAtOnce ? null : (ids.at(-1) ?? null) };
}
