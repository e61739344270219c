/** Each failure of a provider, by its answer and by a receipt: the next step begins at once, with the same code. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type MessageFailure, messageFailures } from "../../../src/channels/messages/provider-port.ts";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import type { Store } from "../../../src/redis/index.ts";
import { manualClock } from "../../support/manual-clock.ts";
import type { Answer } from "../../support/memory-provider.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { createGateway, type Gateway, receiptStore } from "./message-world.ts";
import { shop, type WorldOptions } from "./world.ts";

const runtime = withRuntime();
const names = ["memory", "second"] as const;
const workflow = [{ channel: "memory" }, { channel: "second" }];
let redis: RedisServer;
let receipts: Store;
let opened: Gateway[] = [];
let callee = 0;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(async () => {
  await Promise.all(opened.map(({ world }) => world.close()));
  await receipts.close();
  opened = [];
});

const redisConfig = () => patientRedis(redis.url);

async function open(options: Partial<WorldOptions> = {}): Promise<Gateway> {
  if (opened.length === 0) receipts = receiptStore(redisConfig());
  const gateway = createGateway(receipts, { redis: redisConfig(), ...options }, names);
  opened.push(gateway);
  await Promise.all([receipts.firstTried(), gateway.world.ready()]);
  return gateway;
}

const start = ({ world }: Gateway) =>
  world.verifications.start(shop, { to: `+44770091${String(callee++).padStart(4, "0")}`, workflow }, null);
const deliveries = async (gateway: Gateway, id: string) =>
  (await gateway.look(id)).deliveries.map(({ channel, state, reason }) => [channel, state, reason]);

/** The second step's message was sent, once, with the code of the first. */
async function wentOn(gateway: Gateway, id: string, reason: MessageFailure | "interrupted", first = gateway) {
  await expect
    .poll(() => deliveries(gateway, id))
    .toEqual([
      ["memory", "failed", reason],
      ["second", "sent", null],
    ]);
  const sent = opened.flatMap((one) => one.of("second").sent);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.code).toBe(first.of("memory").sent[0]?.code);
  expect((await gateway.look(id)).status).toBe("delivered");
  const { valid } = await gateway.world.verifications.check(shop, id, { code: sent[0]?.code ?? "" });
  expect(valid).toBe(true);
}

describe("the next step begins at once", () => {
  it.each(messageFailures)("where the provider answers %s", async (reason) => {
    const gateway = await open();
    gateway.of("memory").answer(() => ({ report: { state: "failed", reason }, receiptId: null }));
    const { id } = await start(gateway);
    await wentOn(gateway, id, reason);
  });

  it.each(messageFailures)("where a receipt says %s after the message was sent", async (reason) => {
    const gateway = await open();
    const { id } = await start(gateway);
    await expect.poll(async () => (await gateway.state(id)).state).toBe("sent");
    await gateway.receipt({ state: "failed", reason });
    await wentOn(gateway, id, reason);
  });

  it("at the gateway to which the receipt comes", async () => {
    const gateway = await open();
    const other = await open({ clock: gateway.world.clock });
    const { id } = await start(gateway);
    await expect.poll(async () => (await gateway.state(id)).state).toBe("sent");
    await other.receipt({ state: "failed", reason: "expired" }, `memory/${id}-1`);
    await wentOn(other, id, "expired", gateway);
    expect(other.of("second").sent).toHaveLength(1);
  });

  it("where the answer was lost, at its deadline", async () => {
    const gateway = await open();
    gateway.of("memory").answer(() => new Promise<Answer>(() => undefined));
    const { id } = await start(gateway);
    await expect.poll(() => gateway.of("memory").sent.length).toBe(1);
    gateway.world.clock.advance(gateway.of("memory").submitLimitMs + 1000);
    await wentOn(gateway, id, "unknown_result");
  });

  it("at another gateway where the first one died, and the message is not sent again", async () => {
    const gateway = await open();
    gateway.of("memory").answer(() => new Promise<Answer>(() => undefined));
    const { id } = await start(gateway);
    await expect.poll(() => gateway.of("memory").sent.length).toBe(1);
    // Its clock stands still: nothing of it happens any more.
    const later = manualClock(gateway.world.clock.nowMs() + gateway.of("memory").submitLimitMs + 10_000);
    const other = await open({ clock: later });
    await other.world.verifications.settleDue();
    await wentOn(other, id, "interrupted", gateway);
    expect(other.of("memory").sent).toEqual([]);
  });
});

it("a receipt of the first step that comes after the second began changes that delivery alone", async () => {
  const gateway = await open();
  const { id } = await start(gateway);
  await expect.poll(async () => (await gateway.state(id)).state).toBe("sent");
  gateway.world.clock.advance(15_000);
  await gateway.world.verifications.resend(shop, id, "second");
  await expect
    .poll(() => deliveries(gateway, id))
    .toEqual([
      ["memory", "sent", null],
      ["second", "sent", null],
    ]);
  await gateway.receipt({ state: "delivered" }, `memory/${id}-1`);
  expect(await deliveries(gateway, id)).toEqual([
    ["memory", "delivered", null],
    ["second", "sent", null],
  ]);
  await gateway.receipt({ state: "failed", reason: "blocked" }, `memory/${id}-1`);
  expect(await deliveries(gateway, id)).toEqual([
    ["memory", "delivered", null],
    ["second", "sent", null],
  ]);
  expect((await gateway.look(id)).status).toBe("delivered");
});
