/** Personal data in webhooks: events that wait for delivery, and dead letters. Both are found by their verification. */
import { type SubjectStore, verificationsAfter } from "../subjects/store-port.ts";
import type { Directory } from "./directory.ts";
import type { WebhookQueue } from "./queue-port.ts";
import type { WebhookStore } from "./store-port.ts";

/** Verifications of one call. */
const atOnce = 100;
/** Dead letters of those: each verification has some ten events, for each endpoint of its app. */
const mostLetters = 5000;
/** Of both: one class for those who ask. */
const name = "webhook_deliveries";

/**
 * The queues first, and by themselves: what they have becomes dead letters, what is on its way to the records is marked, and
 * records that are away keep nothing from being erased there.
 */
export function webhookSubjects(parts: {
  readonly queue: Pick<WebhookQueue, "forget">;
  /** Null: nothing is recorded. */
  readonly store: Pick<WebhookStore, "endpoints" | "deadLettersOfVerifications" | "eraseVerifications"> | null;
  readonly directory: Pick<Directory, "refresh" | "ids">;
}): readonly SubjectStore[] {
  const { queue, store, directory } = parts;

  /** Those that this gateway cannot open too, and those that the mirror has lost. */
  async function endpoints(): Promise<ReadonlySet<string>> {
    await directory.refresh();
    const kept = (await store?.endpoints().catch(() => null)) ?? [];
    return new Set([...directory.ids(), ...kept.map(({ id }) => id)]);
  }

  const queues: SubjectStore = {
    name,
    /** The app gets them within moments, or they become dead letters. */
    export: async () => ({ items: [], next: null }),
    async erase(subject, after) {
      const { ids, next } = verificationsAfter(subject, after, atOnce);
      let erased = 0;
      if (ids.length > 0) for (const id of await endpoints()) erased += await queue.forget(id, ids);
      return { erased, next };
    },
  };
  if (store === null) return [queues];

  const deadLetters: SubjectStore = {
    name,
    async export(subject, after) {
      const { ids, next } = verificationsAfter(subject, after, atOnce);
      const letters = await store.deadLettersOfVerifications(ids, mostLetters);
      const items = letters.map(({ endpoint, app, reason, tries, queuedAtMs, endedAtMs, body }) => ({
        ...{ webhook: endpoint, app, reason, attempts: tries },
        queued_at: new Date(queuedAtMs).toISOString(),
        ended_at: new Date(endedAtMs).toISOString(),
        event: JSON.parse(body) as object,
      }));
      return { items, next };
    },
    async erase(subject, after) {
      const { ids, next } = verificationsAfter(subject, after, atOnce);
      return { erased: ids.length === 0 ? 0 : await store.eraseVerifications(ids), next };
    },
  };
  return [queues, deadLetters];
}
