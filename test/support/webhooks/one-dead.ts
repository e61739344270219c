/** A steady rate of deliveries over ten endpoints, one of which takes every connection and never answers. */
import { performance } from "node:perf_hooks";
import type { StoredEvent } from "../../../src/events/sink-port.ts";
import { memoryWebhookStore } from "../memory-webhook-store.ts";
import { startWebhooks, storedEvent } from "./gateway.ts";
import { startGatewayChild } from "./gateway-child.ts";
import type { Behaviour, Receiver } from "./receiver.ts";

export interface OneDead {
  /** From the event's hand-over to the queue until it was at each of the others, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  readonly delivered: number;
  readonly expected: number;
  /** What the dead one cost: requests that it got. */
  readonly triedDead: number;
}

const endpoints = 10;
const receiversAlive = 3;
/** A batch of the relay. */
const batchMs = 20;
const settleMs = 15_000;

export async function deliverWithOneDead(options: {
  readonly redisUrl: string;
  readonly start: (behaviour?: Behaviour) => Promise<Receiver>;
  /** Over all endpoints, the dead one included. */
  readonly deliveriesPerSecond: number;
  readonly seconds: number;
}): Promise<OneDead> {
  const { redisUrl, start, deliveriesPerSecond, seconds } = options;
  const alive = await Promise.all(Array.from({ length: receiversAlive }, () => start()));
  const dead = await start({ kind: "hang" });
  const setup = await startWebhooks({ redisUrl, store: memoryWebhookStore() });
  for (let i = 0; i < endpoints - 1; i++)
    await setup.service.create("shop", `${alive[i % receiversAlive]?.url}/${i}`, []);
  await setup.service.create("shop", dead.url, []);
  await setup.end();
  // The deadline is that of production: so long each try holds a connection.
  const gateway = await startGatewayChild(redisUrl, { deadline_ms: 10_000, queue_max: 100_000 });
  try {
    const events = Math.round((deliveriesPerSecond / endpoints) * seconds);
    await offer(gateway.append, events, seconds);
    const expected = events * (endpoints - 1);
    const found = await collect(alive, expected);
    return { ...found, expected, triedDead: (await dead.received()).length };
  } finally {
    await gateway.kill();
  }
}

async function offer(
  append: (batch: readonly StoredEvent[]) => Promise<boolean>,
  events: number,
  seconds: number,
): Promise<void> {
  const beganMs = performance.now();
  for (let sent = 0; sent < events; ) {
    const due = Math.min(events, Math.ceil(((performance.now() - beganMs) / 1000 / seconds) * events));
    const batch: StoredEvent[] = [];
    const at = new Date().toISOString();
    for (; sent < due; sent++) {
      const stored = storedEvent("shop", `v${Math.floor(sent / 2)}`, (sent % 2) + 1);
      batch.push({ ...stored, event: { ...stored.event, at } });
    }
    if (batch.length > 0 && !(await append(batch))) throw new Error("Redis did not take a batch");
    await new Promise((resolve) => setTimeout(resolve, batchMs));
  }
}

async function collect(alive: readonly Receiver[], expected: number) {
  const giveUpAtMs = performance.now() + settleMs;
  for (;;) {
    const received = (await Promise.all(alive.map((receiver) => receiver.received()))).flat();
    if (received.length >= expected || performance.now() > giveUpAtMs) {
      const delays = received.map(({ atMs, body }) => atMs - Date.parse(JSON.parse(body).at)).sort((a, b) => a - b);
      const share = (part: number) =>
        delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? Number.NaN;
      return { p50Ms: share(0.5), p99Ms: share(0.99), longestMs: share(1), delivered: delays.length };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
