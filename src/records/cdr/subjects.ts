/** What detail records keep of a number or an address: for export and erasure (subjects/store-port.ts). */
import { type SqlBool, sql } from "kysely";
import { cdrBody } from "../../cdr/representation.ts";
import type { Subject, SubjectStore } from "../../subjects/store-port.ts";
import type { Records } from "../records.ts";
import type { RecordsDb } from "../tables.ts";
import type { Condition } from "./list.ts";
import { cdrOf } from "./row.ts";
import { sameAs } from "./same-as.ts";
import type { CdrsTable } from "./tables.ts";

/** Of one call. */
const batchRows = 300;

/**
 * Erased is the recipient, the verification's recipient and the app's reference. What remains says of no one: counts, times, path,
 * and the first digits of the number.
 */
export function createCdrSubjects(records: Pick<Records, "read" | "write">): SubjectStore {
  return {
    name: "cdrs",

    async export(subject, after) {
      const { rows, next } = await records.read((db) => find(db, subject, after));
      return { items: rows.map((row) => cdrBody(cdrOf(row))), next };
    },

    async erase(subject, after) {
      return records.write(async (transaction) => {
        const { rows, next, condition } = await find(transaction, subject, after);
        const last = rows.at(-1);
        if (last === undefined) return { erased: 0, next: null };
        // Of a verification with several recipients only what is this one's.
        const erase = (column: string) =>
          sql`${sql.ref(column)} = case when ${sameAs(column, subject.to).whole} then null else ${sql.ref(column)} end`;
        const { numAffectedRows = 0n } = await sql`
          update cdrs set ${erase("recipient")}, ${erase("verification_to")}, reference = null
          where ${condition} and (verification, number) <= (${last.verification}, ${last.number})`.execute(transaction);
        return { erased: Number(numAffectedRows), next };
      });
    },
  };
}

/** The next rows, in order, and the condition that they and later ones meet. */
async function find(db: RecordsDb, { to, verifications }: Pick<Subject, "to" | "verifications">, after: string | null) {
  const [recipient, own] = [sameAs("recipient", to), sameAs("verification_to", to)];
  const found = await sql<{ readonly verification: string }>`
    select verification from cdrs where ${recipient.index} and ${recipient.whole}
    union
    select verification from cdrs where is_last = 1 and ${own.index} and ${own.whole}`.execute(db);
  const [verification = "", number = "0"] = after?.split(" ") ?? [];
  const ids = [...new Set([...found.rows.map((row) => row.verification), ...verifications])]
    .filter((id) => id >= verification)
    .sort()
    .slice(0, batchRows);
  if (ids.length === 0) return { rows: [], next: null, condition: sql<SqlBool>`1 = 0` };
  const condition: Condition = sql<SqlBool>`verification in (${sql.join(ids)})
    and (${recipient.whole} or ${own.whole}) and (verification, number) > (${verification}, ${Number(number)})`;
  const { rows } = await sql<CdrsTable>`
    select * from cdrs where ${condition} order by verification, number limit ${batchRows}`.execute(db);
  const last = rows.at(-1);
  return { rows, next: last === undefined ? null : `${last.verification} ${last.number}`, condition };
}
