/** Dead letters on their way from the queue to records, and back into it. */
import type { Logger } from "pino";
import { readEnvelope, verificationOf } from "./deliveries.ts";
import type { WebhookObserver } from "./observer-port.ts";
import type { WaitingDeadLetter, WebhookQueue } from "./queue-port.ts";
import type { WebhookStore } from "./store-port.ts";
import type { DeadLetter, Endpoint } from "./types.ts";

/** In one transaction. */
const movedAtOnce = 200;

export interface DeadLetters {
  /** Moves what waits to records, as long as they take it. Never rejects. */
  move(endpoint: Endpoint): Promise<void>;
  /** Queues dead letters again, each with a day of tries of its own. */
  replay(endpoint: Endpoint, letters: readonly DeadLetter[]): Promise<void>;
}

export function createDeadLetters(parts: {
  readonly queue: Pick<WebhookQueue, "append" | "deadLetters" | "dispose" | "due">;
  readonly store: Pick<WebhookStore, "addDeadLetters" | "removeDeadLetters" | "eraseVerifications">;
  readonly observer: Pick<WebhookObserver, "result">;
  readonly logger: Logger;
}): DeadLetters {
  const { queue, store, observer, logger } = parts;
  let failing = false;

  function letterOf({ id, app }: Endpoint, waiting: WaitingDeadLetter): DeadLetter | null {
    const event = readEnvelope(waiting.body);
    if (event === null) return null;
    const { raw: _raw, ...letter } = waiting;
    return { endpoint: id, app, eventId: event.id, type: event.type, verification: verificationOf(event), ...letter };
  }

  return {
    async move(endpoint) {
      try {
        for (;;) {
          const waiting = await queue.deadLetters(endpoint.id, movedAtOnce);
          if (waiting.length === 0) break;
          await store.addDeadLetters(waiting.flatMap((one) => letterOf(endpoint, one) ?? []));
          const erased = await queue.dispose(endpoint.id, waiting);
          // An erasure looked through the records before they had these.
          if (erased.length > 0) await store.eraseVerifications(erased);
          observer.result("dead_letter", waiting.length);
        }
        failing = false;
      } catch (error) {
        const why = error instanceof Error ? error.message : "unknown";
        if (!failing)
          logger.warn({ webhook: endpoint.id, why }, "dead letters wait in Redis: records do not take them");
        failing = true;
      }
    },

    async replay(endpoint, letters) {
      const events = letters.map(({ verification, eventId, body }) => ({
        ...{ source: null, lane: verification ?? eventId, body },
      }));
      await queue.append(endpoint.id, events);
      await queue.due([{ endpoint: endpoint.id, dueMs: 0, taken: null }], 0);
      // Last: a crash before leaves a dead letter that is also queued, and its receiver sees the same id twice.
      await store.removeDeadLetters(endpoint.id, letters);
    },
  };
}
