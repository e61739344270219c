/** Personal data in webhooks: events that wait for delivery, and dead letters. Both are found by their verification. */
import type { SubjectStore } from "../subjects/store-port.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Directory } from "./directory.ts";
import type { WebhookQueue } from "./queue-port.ts";
import type { WebhookStore } from "./store-port.ts";

/** Verifications of one call. */
const atOnce = 100;
/** Dead letters of those: each verification has some ten events, for each endpoint of its app. */
const mostLetters = 5000;

export function webhookSubjects(parts: {
  readonly queue: Pick<WebhookQueue, "forget">;
  readonly store: Pick<WebhookStore, "deadLettersOfVerifications" | "eraseVerifications">;
  readonly directory: Pick<Directory, "refresh" | "all">;
  readonly deadLetters: Pick<DeadLetters, "move">;
}): SubjectStore {
  const { queue, store, directory, deadLetters } = parts;

  function part(verifications: ReadonlySet<string>, after: string | null) {
    const from = Number(after ?? 0);
    const ids = [...verifications].sort();
    const next = from + atOnce < ids.length ? String(from + atOnce) : null;
    return { ids: ids.slice(from, from + atOnce), next };
  }

  return {
    name: "webhook_deliveries",

    /** Events that wait are not in it: the app gets them within moments, or become dead letters. */
    async export({ verifications }, after) {
      const { ids, next } = part(verifications, after);
      const letters = await store.deadLettersOfVerifications(ids, mostLetters);
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
      let erased = 0;
      await directory.refresh();
      for (const endpoint of directory.all()) {
        erased += await queue.forget(endpoint.id, ids);
        // What waits in Redis for records would come into them afterwards.
        if (ids.length > 0) await deadLetters.move(endpoint);
      }
      return { erased: erased + (await store.eraseVerifications(ids)), next };
    },
  };
}
