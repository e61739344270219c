/** Which verifications a number or address had, and the events of those: what the records keep of a person. */
import { sql } from "kysely";
import { type SubjectStore, verificationsAfter } from "../subjects/store-port.ts";
import { createHashes } from "../verification/hashes.ts";
import type { RecordsConfig } from "./config.ts";
import type { RecordsFeature } from "./index.ts";
import { createInserts } from "./inserts.ts";
import type { Records } from "./records.ts";
import type { RetentionJob } from "./retention.ts";
import type { SinkPart } from "./sink.ts";
import type { SubjectsTable } from "./tables.ts";

/** Verifications of one statement. */
const mostAtOnce = 200;

/**
 * Notes whose verification an event belongs to, in the transaction that stores it.
 * @param hashOf how stores know a recipient
 */
function createPart(hashOf: (recipient: string) => string): SinkPart {
  const inserts = createInserts<SubjectsTable>({
    ...{ table: "subjects", columns: ["hash", "verification", "at"] },
    values: ({ hash, verification, at }) => [hash, verification, at],
    tail: sql`on conflict (hash, verification) do nothing`,
  });
  return {
    async write(transaction, batch) {
      const rows = new Map<string, SubjectsTable>();
      for (const { event } of batch) {
        if (!("to" in event.data)) continue;
        const { to, verification } = event.data;
        const others = event.type === "verification.ended" ? event.data.deliveries.map((delivery) => delivery.to) : [];
        for (const recipient of [to, ...others]) {
          const key = `${verification} ${recipient}`;
          if (!rows.has(key)) rows.set(key, { hash: hashOf(recipient), verification, at: Date.parse(event.at) });
        }
      }
      await inserts.run(transaction, [...rows.values()]);
    },
  };
}

/** What the composition root registers. */
export function subjectFeatures(config: {
  readonly records: RecordsConfig;
  readonly secrets: { readonly hmac_key: string };
}): readonly RecordsFeature[] {
  const hashes = createHashes(config.secrets.hmac_key);
  const hashOf = (recipient: string) => {
    const { bucket, hash } = hashes.callee(recipient);
    return bucket + hash;
  };
  return [{ part: createPart(hashOf), retention: subjectsRetention(config.records.retention) }];
}

/** A dead letter counts from its end, a day after the event, and from a replay's end once more. */
const lettersMarginDays = 2;

/** Deletes what finds nothing any more. */
export function subjectsRetention({ events_days, cdrs_days, webhooks_days }: RecordsConfig["retention"]): RetentionJob {
  return {
    name: "recipients",
    days: Math.max(events_days, cdrs_days, 2 * webhooks_days + lettersMarginDays),
    async deleteBatch(transaction, beforeMs, limit) {
      const old = await transaction
        .selectFrom("subjects")
        .select("at")
        .where("at", "<", beforeMs)
        .orderBy("at")
        .limit(limit)
        .execute();
      const last = old.at(-1);
      if (last === undefined) return 0;
      // A few more than the limit, where rows are of the same millisecond.
      const { numDeletedRows } = await transaction.deleteFrom("subjects").where("at", "<=", last.at).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

export interface SubjectRecords {
  findVerifications(hash: string): Promise<readonly string[]>;
  readonly stores: readonly SubjectStore[];
}

export function createSubjectRecords(records: Pick<Records, "read" | "write">): SubjectRecords {
  return {
    findVerifications: (hash) =>
      records.read(async (db) => {
        const rows = await db.selectFrom("subjects").select("verification").where("hash", "=", hash).execute();
        return rows.map(({ verification }) => verification);
      }),
    // The last one finds all others, so it is erased last.
    stores: [eventStore(records), indexStore(records)],
  };
}

function eventStore(records: Pick<Records, "read" | "write">): SubjectStore {
  return {
    name: "events",
    async export(subject, after) {
      const { ids, next } = verificationsAfter(subject, after, mostAtOnce);
      if (ids.length === 0) return { items: [], next };
      const rows = await records.read((db) =>
        db
          .selectFrom("events")
          .selectAll()
          .where("verification", "in", ids)
          .orderBy("verification")
          .orderBy("seq")
          .execute(),
      );
      const items = rows.map(({ id, type, at, seq, app, data }) => ({
        ...{ id, type, at: new Date(Number(at)).toISOString(), seq, app },
        data: JSON.parse(data) as unknown,
      }));
      return { items, next };
    },
    async erase(subject, after) {
      const { ids, next } = verificationsAfter(subject, after, mostAtOnce);
      if (ids.length === 0) return { erased: 0, next };
      const result = await records.write((trx) =>
        trx.deleteFrom("events").where("verification", "in", ids).executeTakeFirst(),
      );
      return { erased: Number(result.numDeletedRows), next };
    },
  };
}

function indexStore(records: Pick<Records, "write">): SubjectStore {
  return {
    name: "recipients",
    export: async ({ hash, verifications }) => ({
      items: verifications.size === 0 ? [] : [{ hash, verifications: [...verifications] }],
      next: null,
    }),
    async erase({ hash }) {
      const result = await records.write((trx) =>
        trx.deleteFrom("subjects").where("hash", "=", hash).executeTakeFirst(),
      );
      return { erased: Number(result.numDeletedRows), next: null };
    },
  };
}
