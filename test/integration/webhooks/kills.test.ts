/** Gateways that are killed while they deliver, and a Redis that is killed and comes back: nothing is lost, order holds. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import type { StoredEvent } from "../../../src/events/sink-port.ts";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { memoryWebhookStore } from "../../support/memory-webhook-store.ts";
import { startTestRedis, type TestRedis } from "../../support/redis.ts";
import { startWebhooks, storedEvent } from "../../support/webhooks/gateway.ts";
import { type GatewayChild, startGatewayChild } from "../../support/webhooks/gateway-child.ts";
import { type Received, withReceivers } from "../../support/webhooks/receiver.ts";

const receivers = withReceivers();
const children: GatewayChild[] = [];
let dir = "";
let redis: TestRedis | null = null;

afterAll(async () => {
  for (const child of children) await child.kill();
  await redis?.kill();
  await rm(dir, { recursive: true, force: true });
});

/** A Redis that keeps what it answered, as production's should (docs/failures.md). */
async function durableRedis(port?: number): Promise<TestRedis> {
  if (dir === "") dir = await mkdtemp(path.join(tmpdir(), "onering-webhooks-"));
  const settings = { appendonly: "yes", appendfsync: "everysec" };
  return startTestRedis((await findPrograms()).redisServer, { dir, settings, ...(port !== undefined && { port }) });
}

const verifications = 40;
const eventsOfEach = 12;

it("of gateways killed -9 and a Redis killed -9 while they deliver: every event arrives, in order, at its own app only", async () => {
  redis = await durableRedis();
  const { url, port } = redis;
  const start = async () => {
    const child = await startGatewayChild(url);
    children.push(child);
    return child;
  };
  const [shop, bank] = [
    await receivers.start({ kind: "slow", ms: 30 }),
    await receivers.start({ kind: "slow", ms: 30 }),
  ];
  const setup = await startWebhooks({ redisUrl: url, store: memoryWebhookStore() });
  await setup.service.create("shop", shop.url, []);
  await setup.service.create("bank", bank.url, []);
  await setup.end();
  const gateways = [await start(), await start()];

  // As the relay: a batch is sent until it is known to be queued, to whichever gateway is there.
  let turn = 0;
  const deliver = async (batch: readonly StoredEvent[]) => {
    for (;;) {
      const gateway = gateways[turn++ % gateways.length] as GatewayChild;
      if (await gateway.append(batch)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const feed = (async () => {
    for (let seq = 1; seq <= eventsOfEach; seq++) {
      for (let i = 0; i < verifications; i++) {
        const app = i % 2 === 0 ? "shop" : "bank";
        await deliver([storedEvent(app, `v${app}${i}`, seq)]);
      }
    }
  })();
  const replace = async (index: number) => {
    await gateways[index]?.kill();
    gateways[index] = await start();
  };
  await vi.waitFor(async () => expect((await shop.received()).length).toBeGreaterThan(20), { timeout: 20_000 });
  await replace(0);
  await vi.waitFor(async () => expect((await shop.received()).length).toBeGreaterThan(60), { timeout: 20_000 });
  await redis.child.kill();
  redis = await durableRedis(port);
  await replace(1);
  await replace(0);
  await feed;

  const expected = (app: string, rest: number) =>
    Array.from({ length: verifications }, (_, i) => i)
      .filter((i) => i % 2 === rest)
      .flatMap((i) => Array.from({ length: eventsOfEach }, (_, seq) => `evt_v${app}${i}_${seq + 1}`))
      .sort();
  const distinct = (received: readonly Received[]) =>
    [...new Set(received.map(({ headers }) => headers["webhook-id"] ?? ""))].sort();
  await vi.waitFor(async () => expect(distinct(await shop.received())).toEqual(expected("shop", 0)), {
    timeout: 30_000,
  });
  await vi.waitFor(async () => expect(distinct(await bank.received())).toEqual(expected("bank", 1)), {
    timeout: 30_000,
  });

  for (const received of [await shop.received(), await bank.received()]) {
    const last = new Map<string, number>();
    for (const { headers } of received) {
      const [, verification = "", seq] = /^evt_(.+)_(\d+)$/.exec(headers["webhook-id"] ?? "") ?? [];
      // Again is allowed (at least once), back is not.
      expect(Number(seq)).toBeGreaterThanOrEqual(last.get(verification) ?? 0);
      last.set(verification, Number(seq));
    }
    const again = received.length - distinct(received).length;
    // What was on its way when something was killed, at most.
    expect(again).toBeLessThan(4 * 32);
  }
}, 120_000);
