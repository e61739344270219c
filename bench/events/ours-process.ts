/** Ours: what the relay hands over is queued, signed, delivered and settled by a gateway's webhooks. */
import pino from "pino";
import type { StoredEvent } from "../../src/events/sink-port.ts";
import { createStore } from "../../src/redis/index.ts";
import { systemClock as clock } from "../../src/shared/clock.ts";
import { cryptoRandom as random } from "../../src/shared/random.ts";
import { createSealing } from "../../src/verification/sealing.ts";
import { createWebhooks } from "../../src/webhooks/index.ts";
import type { WebhookStore } from "../../src/webhooks/store-port.ts";
import { batchEvents, benchEvent, concurrency, type Done, endpoints, type Order } from "./protocol.ts";

const { BENCH_REDIS: url = "", BENCH_RECEIVER: receiver = "" } = process.env;
const logger = pino({ level: "silent" });
const store = createStore({
  redis: { url, command_timeout_ms: 5000 },
  reputation: {} as Parameters<typeof createStore>[0]["reputation"],
  ...{ clock, logger },
});
await store.firstTried();
const rows = new Map<string, Awaited<ReturnType<WebhookStore["endpoints"]>>[number]>();
const webhooks = createWebhooks({
  config: {
    ...{ allow_private: true, deadline_ms: 10_000, retry_hours: 24, concurrency, concurrency_per_endpoint: 32 },
    ...{ endpoints_per_app: endpoints, queue_max: 1_000_000, disable_after_hours: 120, tries_kept: 500 },
    secret_overlap_seconds: 86_400,
  },
  queue: store.webhookQueue,
  mirror: store.webhookMirror,
  store: {
    endpoints: async () => [...rows.values()],
    putEndpoint: async (row) => void rows.set(row.id, row),
  } as Partial<WebhookStore> as WebhookStore,
  sealing: createSealing(random, "k".repeat(32)),
  outbox: { publish: async () => undefined },
  observer: { result: () => undefined, delivered: () => undefined, disabled: () => undefined },
  ...{ clock, random, logger },
});
// An app for each, so that every event is delivered once.
for (let i = 0; i < endpoints; i++) await webhooks.service.create(`app${i}`, `${receiver}/${i}`, []);
webhooks.start();

let next = 0;
process.on("message", async ({ events }: Order) => {
  for (const last = next + events; next < last; ) {
    const batch: StoredEvent[] = [];
    for (; batch.length < batchEvents && next < last; next++) {
      const app = `app${Math.floor(next / 5) % endpoints}`;
      const event = benchEvent(next, app) as unknown as StoredEvent["event"];
      batch.push({ shard: 0, position: `1-${next + 1}`, event, ended: null });
    }
    await webhooks.sink.append(batch);
  }
  process.send?.({ done: events } satisfies Done);
});
process.on("disconnect", () => process.exit());
process.send?.({});
