/**
 * Writes the records of verifications that have ended, and the sums over them, in the transaction of the events: so a record is
 * in the sums exactly once, however often its event comes.
 *
 * A verification may come again later with more: evidence of a call that was still ringing, a late receipt. The newest one
 * counts; the sums lose what the row added before, and get what it adds now.
 */
import { sql } from "kysely";
import type { Cdr, CdrsOf } from "../../cdr/rows.ts";
import { addTally, dayMs, emptyTally, type Tally, type TallyKey, tallyOf } from "../../cdr/tally.ts";
import type { Verification } from "../../verification/types.ts";
import { createInserts } from "../inserts.ts";
import type { RecordsTransaction } from "../tables.ts";
import type { RecordsBackend } from "../target.ts";
import { cdrOf, rowOf } from "./row.ts";
import { type CdrsTable, cdrColumns, statsKey, statsSums } from "./tables.ts";

export interface CdrWriter {
  /** @param ended verifications that have ended; of one the newest counts */
  write(transaction: RecordsTransaction, ended: readonly Verification[]): Promise<void>;
}

/** One row of sums to add. */
interface Sum {
  readonly key: readonly (string | number)[];
  readonly tally: Tally;
}

export function createCdrWriter(cdrsOf: CdrsOf, backend: RecordsBackend): CdrWriter {
  const rows = createInserts<CdrsTable>({
    ...{ table: "cdrs", columns: cdrColumns, values: (row) => cdrColumns.map((name) => row[name]) },
    tail: sql`on conflict (verification, number) do nothing returning verification, number`,
  });
  const adding = statsSums.map(
    (name) => sql`${sql.ref(name)} = ${sql.ref(`cdr_stats.${name}`)} + ${sql.ref(`excluded.${name}`)}`,
  );
  const sums = createInserts<Sum>({
    ...{ table: "cdr_stats", columns: [...statsKey, ...statsSums] },
    values: ({ key, tally }) => [...key, ...Object.values(tally.counters), ...tally.delays],
    tail: sql`on conflict (${sql.join(statsKey.map((name) => sql.ref(name)))}) do update set ${sql.join(adding)}`,
  });

  /** Those that are there already, locked. */
  async function standing(transaction: RecordsTransaction, cdrs: readonly Cdr[]): Promise<ReadonlyMap<string, Cdr>> {
    const verifications = [...new Set(cdrs.map(({ verification }) => verification))];
    if (verifications.length === 0) return new Map();
    let query = transaction.selectFrom("cdrs").selectAll().where("verification", "in", verifications);
    // Another gateway may write the same one; SQLite has one writer.
    if (backend === "postgres") query = query.orderBy("verification").orderBy("number").forUpdate();
    const found = (await query.execute()).map((row) => cdrOf(row as CdrsTable));
    return new Map(found.map((cdr) => [placeOf(cdr), cdr]));
  }

  async function replace(transaction: RecordsTransaction, cdr: Cdr): Promise<void> {
    const { verification, number, ...changed } = rowOf(cdr);
    await transaction
      .updateTable("cdrs")
      .set(changed)
      .where("verification", "=", verification)
      .where("number", "=", number)
      .execute();
  }

  return {
    async write(transaction, ended) {
      const cdrs = newestOf(ended).flatMap(cdrsOf).sort(byPlace);
      if (cdrs.length === 0) return;
      const changes = createChanges();
      const inserted = await rows.run<Pick<CdrsTable, "verification" | "number">>(transaction, cdrs.map(rowOf));
      const isNew = new Set(inserted.rows.map(placeOf));
      const others = cdrs.filter((cdr) => !isNew.has(placeOf(cdr)));
      const before = await standing(transaction, others);
      for (const cdr of cdrs) {
        const old = before.get(placeOf(cdr));
        if (isNew.has(placeOf(cdr))) changes.add(cdr, 1);
        else if (old !== undefined && old.seq < cdr.seq) {
          // What was erased stays so.
          const kept =
            old.to === null ? { ...cdr, to: null, verificationTo: null, reference: null, callerIds: [] } : cdr;
          await replace(transaction, kept);
          changes.add(old, -1);
          changes.add(kept, 1);
        }
      }
      await sums.run(transaction, changes.sums());
    },
  };
}

function newestOf(ended: readonly Verification[]): readonly Verification[] {
  const newest = new Map<string, Verification>();
  for (const one of ended) {
    if ((newest.get(one.id)?.seq ?? -1) < one.seq) newest.set(one.id, one);
  }
  return [...newest.values()];
}

function placeOf({ verification, number }: Pick<Cdr, "verification" | "number">): string {
  return `${verification} ${number}`;
}

/** Always the same order: two gateways that lock the same rows must not wait for each other. */
function byPlace(a: Cdr, b: Cdr): number {
  return a.verification < b.verification ? -1 : a.verification > b.verification ? 1 : a.number - b.number;
}

/** Gathers what a batch changes: few rows of sums, of many records. */
function createChanges() {
  const gathered = new Map<string, Sum>();
  return {
    add(cdr: Cdr, sign: 1 | -1): void {
      for (const { key, tally } of tallyOf(cdr)) {
        for (const place of keysOf(key)) {
          const name = JSON.stringify(place);
          const sum = gathered.get(name) ?? { key: place, tally: emptyTally() };
          addTally(sum.tally, tally, sign);
          gathered.set(name, sum);
        }
      }
    },
    /** In the order of their keys, for the same reason as above. */
    sums(): readonly Sum[] {
      return [...gathered]
        .filter(([, { tally }]) => [...Object.values(tally.counters), ...tally.delays].some((count) => count !== 0))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, sum]) => sum);
    },
  };
}

/** The rows of sums that a key counts in, in the order of `statsKey`. */
function keysOf(key: TallyKey): readonly Sum["key"][] {
  const { hourMs, app, channel, country, network, trunk, range, prefix } = key;
  const dayAt = hourMs - (hourMs % dayMs);
  const plain = [app, channel, country ?? "", "", network ?? "", trunk ?? "", range ?? ""];
  const byPrefix = [app, channel, country ?? "", prefix ?? "", "", trunk ?? "", ""];
  return [
    ["h", hourMs, ...plain],
    ["d", dayAt, ...plain],
    ["hp", hourMs, ...byPrefix],
    ["dp", dayAt, ...byPrefix],
  ];
}
