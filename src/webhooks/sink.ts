/** Queues events for the endpoints of their app. The relay calls it with what the outbox has. */
import { eventJson } from "../events/json.ts";
import type { EventSink, StoredEvent } from "../events/sink-port.ts";
import { verificationOf } from "./deliveries.ts";
import type { Directory } from "./directory.ts";
import type { QueuedEvent, WebhookQueue } from "./queue-port.ts";

export function createWebhookSink(parts: {
  readonly queue: Pick<WebhookQueue, "append" | "due">;
  readonly directory: Pick<Directory, "refresh" | "receiversOf">;
  readonly wake: (endpoint: string) => void;
}): EventSink {
  const { queue, directory, wake } = parts;

  /** Of each endpoint its events, in their order. */
  function byEndpoint(batch: readonly StoredEvent[]): ReadonlyMap<string, readonly QueuedEvent[]> {
    const found = new Map<string, QueuedEvent[]>();
    for (const { shard, position, event } of batch) {
      // The operator's events go to no app.
      if (event.app === null) continue;
      const receivers = directory.receiversOf(event.app, event.type);
      if (receivers.length === 0) continue;
      const queued: QueuedEvent = {
        source: { shard, position },
        lane: verificationOf(event) ?? event.id,
        body: eventJson(event),
      };
      for (const { id } of receivers) {
        const events = found.get(id);
        if (events === undefined) found.set(id, [queued]);
        else events.push(queued);
      }
    }
    return found;
  }

  return {
    name: "webhooks",
    async append(batch) {
      // An endpoint that another gateway registered a moment ago gets this event too.
      await directory.refresh();
      const events = byEndpoint(batch);
      if (events.size === 0) return;
      const endpoints = [...events.keys()];
      await Promise.all([...events].map(([endpoint, own]) => queue.append(endpoint, own)));
      // Afterwards: a gateway that looked in between would find nothing and take it off the list.
      const listed = queue.due(
        endpoints.map((endpoint) => ({ endpoint, dueMs: 0, taken: null })),
        0,
      );
      // In the same round trip.
      for (const endpoint of endpoints) wake(endpoint);
      await listed;
    },
  };
}
