import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withRuntime } from "../../support/processes.ts";
import type { TestRedis } from "../../support/redis.ts";
import { within } from "../../support/within.ts";
import { createWorld, longestCallMs, refusalOf, result, shop, type World } from "../verification/world.ts";

const runtime = withRuntime();
let redis: TestRedis;
let world: World;
const to = "+447700900123";

beforeEach(async () => {
  redis = await runtime.redis();
  world = createWorld({ redis: { url: redis.url, command_timeout_ms: 800 } });
  await world.ready();
});
afterEach(async () => {
  world.verifications.stop();
  await Promise.all([world.store.close(), redis.stop()]);
});

/** What a call is refused with, and that it took less than a second. */
async function quickRefusal(attempt: () => Promise<unknown>) {
  return (await within(1000, refusalOf(attempt()))).code;
}

async function expectClosedDoor(id: string, code: string) {
  const { verifications, placed, store } = world;
  const before = placed.length;
  expect(await quickRefusal(() => verifications.start(shop, { to: "+447700900999" }, null))).toBe("store_unavailable");
  expect(await quickRefusal(() => verifications.start(shop, { to: "+447700900999" }, "key"))).toBe("store_unavailable");
  expect(await quickRefusal(() => verifications.check(shop, id, { code }))).toBe("store_unavailable");
  expect(await quickRefusal(() => verifications.get(shop, id))).toBe("store_unavailable");
  expect(placed.length).toBe(before);
  expect(await store.ping()).toBe(false);
}

describe("while Redis is unreachable", () => {
  it("nothing is placed and nothing verifies, within a second; it works again by itself when Redis is back", async () => {
    const { id } = await world.verifications.start(shop, { to }, null);
    await redis.kill();
    await expectClosedDoor(id, world.lastCall().code);

    redis = await runtime.redis({ port: redis.port });
    await world.ready();
    expect(await world.verifications.start(shop, { to }, null)).toMatchObject({ status: "pending" });
    expect(await world.verifications.get(shop, world.lastCall().callId.slice(0, -2))).toBeTruthy();
  });

  it("and comes back without what it had, a call is hung up: with its verification went the lock of its callee", async () => {
    await world.verifications.start(shop, { to }, null);
    const call = world.lastCall();
    call.calling();
    await world.verifications.settled();
    expect(world.canceled).toEqual([]);
    await redis.kill();
    redis = await runtime.redis({ port: redis.port });
    await world.ready();
    call.ringing();
    await world.verifications.settled();
    expect(world.canceled).toEqual([call.callId]);
    // Another may begin, which would have rung beside it.
    expect(await world.verifications.start(shop, { to }, null)).toMatchObject({ status: "pending" });
  });

  it("what is in progress is refused as the connection breaks, what comes then at once: nothing waits to be sent later", async () => {
    await world.close();
    // So long that no refusal below can be the timeout's.
    const commandTimeoutMs = 20_000;
    world = createWorld({ redis: { url: redis.url, command_timeout_ms: commandTimeoutMs } });
    await world.ready();
    const start = () => refusalOf(world.verifications.start(shop, { to }, null));
    process.kill(redis.pid, "SIGSTOP");
    const underWay = start();
    await redis.kill();
    const refusals = underWay.then(async (first) => [first, await start()]);
    const unavailable = expect.objectContaining({ code: "store_unavailable" });
    expect(await within(commandTimeoutMs / 2, refusals)).toEqual([unavailable, unavailable]);
    redis = await runtime.redis({ port: redis.port });
    await world.ready();
    const raw = new Redis(redis.url);
    // Beside what a gateway writes when it is back: its record version, and the probe of its readiness.
    expect((await raw.keys("*")).filter((key) => !/^\{version\}:records$|^\{p\d+\}:ready$/.test(key))).toEqual([]);
    raw.disconnect();
  });

  it("and hangs instead of being gone: the same", async () => {
    const { id } = await world.verifications.start(shop, { to }, null);
    process.kill(redis.pid, "SIGSTOP");
    try {
      await expectClosedDoor(id, world.lastCall().code);
    } finally {
      process.kill(redis.pid, "SIGCONT");
    }
    await world.ready();
    expect(await world.verifications.get(shop, id)).toMatchObject({ id });
  });

  it("a start whose answer was lost places nothing, neither then nor later", async () => {
    process.kill(redis.pid, "SIGSTOP");
    expect(await quickRefusal(() => world.verifications.start(shop, { to }, "key"))).toBe("store_unavailable");
    process.kill(redis.pid, "SIGCONT");
    await world.ready();
    expect(world.placed).toEqual([]);
    world.clock.advance(longestCallMs);
    await world.verifications.start(shop, { to }, "key");
    expect(world.placed.length).toBeLessThanOrEqual(1);
  });

  it("the progress of a live call waits and is stored when Redis is back", async () => {
    const { id } = await world.verifications.start(shop, { to }, null);
    const call = world.lastCall();
    process.kill(redis.pid, "SIGSTOP");
    call.calling();
    world.store.batchTimer.flush();
    await expect.poll(() => world.logLines.join("")).toContain("Redis did not answer");
    call.ringing();
    call.ended(result({ outcome: "rang", alerted: true }));
    process.kill(redis.pid, "SIGCONT");
    await world.ready();
    // The pause before the next try.
    world.clock.advance(100);
    await world.verifications.settled();
    expect(await world.verifications.get(shop, id)).toMatchObject({
      status: "delivered",
      deliveries: [{ state: "rung", reason: "rang" }],
    });
  });
});

describe("a Redis that says no", () => {
  it("starts nothing out of memory, but brings to an end what was started", async () => {
    const { client, close } = await admin();
    const { id } = await world.verifications.start(shop, { to }, null);
    const { code } = world.lastCall();
    await client.config("SET", "maxmemory", "1");
    for (const key of [null, "key"]) {
      const start = () => world.verifications.start(shop, { to: "+447700900998" }, key);
      expect(await quickRefusal(start)).toBe("store_unavailable");
    }
    expect(world.placed).toHaveLength(1);
    expect(await world.verifications.check(shop, id, { code })).toMatchObject({ valid: true });
    await close();
  });

  it("is the same as one that is away where it only reads", async () => {
    const { client, close } = await admin();
    const { id } = await world.verifications.start(shop, { to }, null);

    await client.replicaof("127.0.0.1", "1");
    expect(await quickRefusal(() => world.verifications.start(shop, { to: "+447700900998" }, null))).toBe(
      "store_unavailable",
    );
    expect(await quickRefusal(() => world.verifications.check(shop, id, { code: "123456" }))).toBe("store_unavailable");
    await client.replicaof("NO", "ONE");

    await world.ready();
    expect(await world.verifications.get(shop, id)).toMatchObject({ checksLeft: 3 });
    await close();
  });

  it("may forget the scripts at any time", async () => {
    const { client, close } = await admin();
    const { id } = await world.verifications.start(shop, { to }, null);
    await client.script("FLUSH");
    const code = world.lastCall().code;
    const checks = await Promise.allSettled(
      Array.from({ length: 20 }, () => world.verifications.check(shop, id, { code })),
    );
    expect(checks.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await close();
  });

  async function admin() {
    const client = new Redis(redis.url);
    return { client, close: () => client.quit() };
  }
});

it("serves who waits for the first try to connect: a gateway listened sooner, and refused its first start", async () => {
  process.kill(redis.pid, "SIGSTOP");
  const other = createWorld({ redis: { url: redis.url, command_timeout_ms: 5000 } });
  const tried = other.store.firstTried();
  process.kill(redis.pid, "SIGCONT");
  await tried;
  expect(await other.verifications.start(shop, { to }, null)).toMatchObject({ status: "pending" });
  await other.close();
});

it("lets nobody wait for long where Redis is unreachable from the beginning", async () => {
  await redis.kill();
  const other = createWorld({ redis: { url: redis.url, command_timeout_ms: 5000 } });
  await within(5000, other.store.firstTried());
  expect((await refusalOf(other.verifications.start(shop, { to }, null))).code).toBe("store_unavailable");
  await other.close();
});

it("logs that Redis went and came back once each, and never the password", async () => {
  const url = `redis://gateway:very-secret@127.0.0.1:${redis.port}`;
  const other = createWorld({ redis: { url, command_timeout_ms: 800 } });
  await expect.poll(() => other.logLines.join("")).toContain("Redis is unreachable");
  await refusalOf(other.verifications.start(shop, { to }, null));
  const log = other.logLines.join("");
  expect(log.match(/Redis is unreachable/g)).toHaveLength(1);
  expect(log).not.toContain("very-secret");
  expect(log).not.toContain("7700900123");
  await other.close();
});
