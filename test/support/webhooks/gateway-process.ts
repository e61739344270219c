/** The webhooks of a gateway in a process of its own: takes batches of the outbox over IPC, and says when they are queued. */
import type { StoredEvent } from "../../../src/events/sink-port.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { memoryWebhookStore } from "../memory-webhook-store.ts";
import { startWebhooks } from "./gateway.ts";

const { REDIS_URL: redisUrl = "", CONFIG: config = "{}" } = process.env;
const store = memoryWebhookStore();
// The endpoints are in the mirror: records that are away must stop nothing.
store.away = true;
const gateway = await startWebhooks({ redisUrl, store, config: JSON.parse(config), parts: { claimMs: 1500 } });

process.on("message", (message: { readonly number: number; readonly batch: readonly StoredEvent[] }) => {
  gateway.sink.append(message.batch).then(
    () => process.send?.({ number: message.number, queued: true }),
    (error) => {
      if (!(error instanceof Refusal)) throw error;
      process.send?.({ number: message.number, queued: false });
    },
  );
});
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
