/** Personal data in webhooks: events that wait for delivery, and dead letters. Both are found by their verification. */
import type { SubjectStore } from "../subjects/store-port.ts";
import type { Directory } from "./directory.ts";
import type { WebhookQueue } from "./queue-port.ts";
import type { WebhookStore } from "./store-port.ts";

/** Verifications of one call. */
const atOnce = 100;
/** Dead letters of those: each verification has some ten events, for each endpoint of its app. */
const mostLetters = 5000;

export function webhookSubjects(parts: {
  readonly queue: Pick<WebhookQueue, "forget">;
  /** Null: nothing is recorded. */
  readonly store: Pick<WebhookStore, "endpoints" | "deadLettersOfVerifications" | "eraseVerifications"> | null;
  readonly directory: Pick<Directory, "refresh" | "ids">;
}): SubjectStore {
  const { queue, store, directory } = parts;

  function part(verifications: ReadonlySet<string>, after: string | null) {
    const from = Number(after ?? 0);
    const ids = [...verifications].sort();
    const next = from + atOnce < ids.length ? String(from + atOnce) : null;
    return { ids: ids.slice(from, from + atOnce), next };
  }

  /** Those that this gateway cannot open too, and those that the mirror has lost. */
  async function endpoints(): Promise<ReadonlySet<string>> {
    await directory.refresh();
    const kept = (await store?.endpoints().catch(() => null)) ?? [];
    return new Set([...directory.ids(), ...kept.map(({ id }) => id)]);
  }

  return {
    name: "webhook_deliveries",

    /** Events that wait are not in it: the app gets them within moments, or become dead letters. */
    async export({ verifications }, after) {
      const { ids, next } = part(verifications, after);
      const letters = (await store?.deadLettersOfVerifications(ids, mostLetters)) ?? [];
      const items = letters.map(({ endpoint, app, reason, tries, queuedAtMs, endedAtMs, body }) => ({
        ...{ webhook: endpoint, app, reason, attempts: tries },
        queued_at: new Date(queuedAtMs).toISOString(),
        ended_at: new Date(endedAtMs).toISOString(),
        event: JSON.parse(body) as object,
      }));
      return { items, next };
    },

    async erase({ verifications }, after) {
      const { ids, next } = part(verifications, after);
      if (ids.length === 0) return { erased: 0, next };
      let erased = 0;
      // The queues first: what they have becomes dead letters, and what is on its way to records is marked.
      for (const id of await endpoints()) erased += await queue.forget(id, ids);
      return { erased: erased + ((await store?.eraseVerifications(ids)) ?? 0), next };
    },
  };
}
