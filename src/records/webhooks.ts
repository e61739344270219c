/** Webhook endpoints and dead letters in records. */
import type { Insertable, Selectable } from "kysely";
import type { DeadLetterPage, WebhookStore } from "../webhooks/store-port.ts";
import type { DeadLetter, DeadReason, DisabledReason, EndpointRow } from "../webhooks/types.ts";
import type { RecordsConfig } from "./config.ts";
import type { RecordsFeature } from "./index.ts";
import type { Records } from "./records.ts";
import type { RecordsTransaction, WebhookDeadLettersTable, WebhookEndpointsTable } from "./tables.ts";

/** Endpoints of one read. 10,000 apps may have 100 each. */
const endpointsAtOnce = 1000;
/** Values of one statement stay far below SQLite's bound of 32,766. */
const rowsAtOnce = 500;

export function createWebhookStore(records: Pick<Records, "read" | "write">): WebhookStore {
  const letters = (endpoint: string, events: readonly string[]) =>
    records.read((db) =>
      db
        .selectFrom("webhook_dead_letters")
        .selectAll()
        .where("endpoint", "=", endpoint)
        .where("event", "in", [...events])
        .orderBy("queued_at")
        .orderBy("event")
        .execute(),
    );

  return {
    async endpoints() {
      const all: EndpointRow[] = [];
      for (let after = ""; ; ) {
        const from = after;
        const rows = await records.read((db) =>
          db
            .selectFrom("webhook_endpoints")
            .selectAll()
            .where("id", ">", from)
            .orderBy("id")
            .limit(endpointsAtOnce)
            .execute(),
        );
        all.push(...rows.map(readEndpoint));
        after = rows.at(-1)?.id ?? "";
        if (rows.length < endpointsAtOnce) return all;
      }
    },

    async endpoint(id) {
      const row = await records.read((db) =>
        db.selectFrom("webhook_endpoints").selectAll().where("id", "=", id).executeTakeFirst(),
      );
      return row === undefined ? null : readEndpoint(row);
    },

    async putEndpoint(row) {
      const { id, ...values } = writeEndpoint(row);
      await records.write((trx) =>
        trx
          .insertInto("webhook_endpoints")
          .values({ id, ...values })
          .onConflict((conflict) =>
            conflict.column("id").doUpdateSet(values).where("webhook_endpoints.revision", "<", row.revision),
          )
          .execute(),
      );
    },

    async changeEndpoint(row) {
      const { id, ...values } = writeEndpoint(row);
      return await records.write(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable("webhook_endpoints")
          .set(values)
          .where("id", "=", id)
          .where("revision", "<", row.revision)
          .executeTakeFirst();
        if (Number(numUpdatedRows) > 0) return { kept: row, isTaken: true };
        const kept = await trx.selectFrom("webhook_endpoints").selectAll().where("id", "=", id).executeTakeFirst();
        return kept === undefined ? null : { kept: readEndpoint(kept), isTaken: false };
      });
    },

    async removeEndpoint(id) {
      await records.write(async (trx) => {
        await trx.deleteFrom("webhook_dead_letters").where("endpoint", "=", id).execute();
        await trx.deleteFrom("webhook_endpoints").where("id", "=", id).execute();
      });
    },

    async addDeadLetters(added) {
      // PostgreSQL does not update a row twice in one statement; a replay that was sent twice ends twice.
      const newest = new Map(added.map((letter) => [`${letter.endpoint} ${letter.eventId}`, letter]));
      await records.write(async (trx) => {
        for (const part of inParts([...newest.values()].map(writeLetter))) {
          await trx
            .insertInto("webhook_dead_letters")
            .values([...part])
            .onConflict((conflict) =>
              conflict.columns(["endpoint", "event"]).doUpdateSet((update) => ({
                reason: update.ref("excluded.reason"),
                tries: update.ref("excluded.tries"),
                queued_at: update.ref("excluded.queued_at"),
                ended_at: update.ref("excluded.ended_at"),
              })),
            )
            .execute();
        }
      });
    },

    async deadLetters(endpoint, { after = null, sinceMs = null, limit }): Promise<DeadLetterPage> {
      const [queuedAt = 0, event = ""] = after === null ? [] : readPosition(after);
      const rows = await records.read((db) =>
        db
          .selectFrom("webhook_dead_letters")
          .selectAll()
          .where("endpoint", "=", endpoint)
          .where("ended_at", ">=", sinceMs ?? 0)
          .where((where) =>
            where.or([
              where("queued_at", ">", queuedAt),
              where.and([where("queued_at", "=", queuedAt), where("event", ">", event)]),
            ]),
          )
          .orderBy("queued_at")
          .orderBy("event")
          .limit(limit + 1)
          .execute(),
      );
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const next = rows.length > limit && last !== undefined ? `${last.queued_at}.${last.event}` : null;
      return { letters: page.map(readLetter), next };
    },

    async deadLettersOf(endpoint, eventIds) {
      return eventIds.length === 0 ? [] : (await letters(endpoint, eventIds)).map(readLetter);
    },

    async removeDeadLetters(endpoint, removed) {
      await records.write(async (trx) => {
        for (const part of inParts(removed)) {
          await trx
            .deleteFrom("webhook_dead_letters")
            .where("endpoint", "=", endpoint)
            .where((where) =>
              where.or(
                part.map(({ eventId, endedAtMs }) =>
                  where.and([where("event", "=", eventId), where("ended_at", "=", endedAtMs)]),
                ),
              ),
            )
            .execute();
        }
      });
    },

    async deadLettersOfVerifications(verifications, limit) {
      if (verifications.length === 0) return [];
      const rows = await records.read((db) =>
        db
          .selectFrom("webhook_dead_letters")
          .selectAll()
          .where("verification", "in", [...verifications])
          .orderBy("queued_at")
          .limit(limit)
          .execute(),
      );
      return rows.map(readLetter);
    },

    async eraseVerifications(verifications) {
      return await records.write(async (trx) => {
        let erased = 0;
        for (const part of inParts(verifications)) {
          const found = await trx
            .deleteFrom("webhook_dead_letters")
            .where("verification", "in", [...part])
            .execute();
          erased += found.reduce((sum, one) => sum + Number(one.numDeletedRows), 0);
        }
        return erased;
      });
    },
  };
}

/** Endpoints stay; dead letters end by age. */
export function webhookRecords({ webhooks_days: days }: RecordsConfig["retention"]): RecordsFeature {
  return { retention: { name: "webhooks", days, deleteBatch: deleteOldDeadLetters } };
}

/** For the retention of dead letters. @returns how many were deleted */
export async function deleteOldDeadLetters(trx: RecordsTransaction, beforeMs: number, limit: number): Promise<number> {
  const old = await trx
    .selectFrom("webhook_dead_letters")
    .select(["endpoint", "event"])
    .where("ended_at", "<", beforeMs)
    .orderBy("ended_at")
    .limit(limit)
    .execute();
  for (const { endpoint, event } of old) {
    await trx.deleteFrom("webhook_dead_letters").where("endpoint", "=", endpoint).where("event", "=", event).execute();
  }
  return old.length;
}

/** As `next` has it: when it was queued, and the event, which may have dots of its own. */
function readPosition(position: string): [number, string] {
  const dot = position.indexOf(".");
  return [Number(position.slice(0, dot)), position.slice(dot + 1)];
}

function inParts<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / rowsAtOnce) }, (_, i) =>
    items.slice(i * rowsAtOnce, (i + 1) * rowsAtOnce),
  );
}

function writeEndpoint(row: EndpointRow): Insertable<WebhookEndpointsTable> {
  return {
    ...{ id: row.id, app: row.app, url: row.url, events: JSON.stringify(row.events) },
    ...{ enabled: row.enabled ? 1 : 0, disabled_reason: row.disabledReason },
    ...{ secret: row.secret, previous_secret: row.previousSecret, previous_until: row.previousUntilMs },
    ...{ created_at: row.createdAtMs, updated_at: row.updatedAtMs, revision: row.revision },
  };
}

function readEndpoint(row: Selectable<WebhookEndpointsTable>): EndpointRow {
  return {
    ...{ id: row.id, app: row.app, url: row.url, events: JSON.parse(row.events) as string[] },
    ...{ enabled: row.enabled === 1, disabledReason: row.disabled_reason as DisabledReason | null },
    ...{ secret: row.secret, previousSecret: row.previous_secret, previousUntilMs: row.previous_until },
    ...{ createdAtMs: row.created_at, updatedAtMs: row.updated_at, revision: row.revision },
  };
}

function writeLetter(letter: DeadLetter): Insertable<WebhookDeadLettersTable> {
  const { endpoint, app, eventId, type, verification, reason, tries, queuedAtMs, endedAtMs, body } = letter;
  return {
    ...{ endpoint, event: eventId, app, type, verification, reason, tries, body },
    ...{ queued_at: queuedAtMs, ended_at: endedAtMs },
  };
}

function readLetter(row: Selectable<WebhookDeadLettersTable>): DeadLetter {
  const { endpoint, event, app, type, verification, tries, body } = row;
  return {
    ...{ endpoint, eventId: event, app, type, verification, reason: row.reason as DeadReason, tries, body },
    ...{ queuedAtMs: row.queued_at, endedAtMs: row.ended_at },
  };
}
