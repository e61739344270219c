import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { bank, createWorld, refusalOf, shop, type World } from "./world.ts";

const runtime = withRuntime();
let world: World;
let number = 0;
const somebody = () => `+4477006${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  world = createWorld({ redis: { url: (await runtime.redis()).url, command_timeout_ms: 800 } });
  await world.ready();
});
afterAll(() => world.close());

it("answers the same request byte for byte as first, though the verification went on, and places nothing", async () => {
  const request = { to: somebody(), metadata: { order: "7", till: "2" } };
  const first = await world.verifications.start(shop, request, "key");
  await world.ringOut();
  const placed = world.placed.length;
  world.clock.advance(20_000);
  const again = await world.verifications.start(shop, { metadata: { till: "2", order: "7" }, to: request.to }, "key");
  expect(JSON.stringify(again)).toBe(JSON.stringify(first));
  expect(world.placed.length).toBe(placed);
});

it("answers though all trunks are down meanwhile", async () => {
  const other = createWorld({ redis: world.redis, clock: world.clock });
  await other.ready();
  const request = { to: somebody() };
  const first = await other.verifications.start(shop, request, "down");
  other.loseTrunks("telephony_unavailable");
  expect(await other.verifications.start(shop, request, "down")).toEqual(first);
  await other.close();
});

it("refuses another request with the same key", async () => {
  const to = somebody();
  await world.verifications.start(shop, { to }, "reused");
  for (const other of [{ to: somebody() }, { to, reference: "x" }, { to, metadata: {} }]) {
    expect(await refusalOf(world.verifications.start(shop, other, "reused"))).toMatchObject({
      code: "idempotency_key_reused",
    });
  }
});

it("keeps the keys of two apps apart", async () => {
  const one = await world.verifications.start(shop, { to: somebody() }, "shared");
  const two = await world.verifications.start(bank, { to: somebody() }, "shared");
  expect(two.id).not.toBe(one.id);
});

it("lets a refused request be made again with its key, even a changed one", async () => {
  const to = somebody();
  await world.verifications.start(shop, { to }, "first");
  expect(await refusalOf(world.verifications.start(shop, { to }, "second"))).toMatchObject({ code: "rate_limited" });
  await world.ringOut();
  world.clock.advance(15_000);
  expect(await world.verifications.start(shop, { to, reference: "now" }, "second")).toMatchObject({
    status: "pending",
  });
});

it("gives back the verification of a gateway that died before it could answer, and places nothing", async () => {
  const to = somebody();
  // The gateway dies after it placed the call: its answer is never kept.
  const { verifications, store } = world;
  const keepAnswer = store.verifications.keepAnswer;
  store.verifications.keepAnswer = () => Promise.reject(new Error("died"));
  await expect(verifications.start(shop, { to }, "crash")).rejects.toThrow("died");
  store.verifications.keepAnswer = keepAnswer;
  const redis = new Redis(world.redis.url ?? "");
  const kept = await redisContents(redis, "{i*");
  expect(kept).not.toEqual([]);
  for (const { key, ttlMs } of kept) expect(ttlMs, key).toBeGreaterThan(0);
  redis.disconnect();
  const placed = world.placed.length;
  const id = world.lastCall().attemptId.replace(/-1$/, "");
  expect(await verifications.start(shop, { to }, "crash")).toMatchObject({ id });
  expect(world.placed.length).toBe(placed);
});

it("lets the first of two answers to one request stand", async () => {
  const request = { key: "twins", fingerprint: "same", id: "v1" };
  const { reserve, keepAnswer } = world.store.verifications;
  expect(await reserve(request)).toEqual({ kind: "new" });
  expect(await reserve({ ...request, id: "v2" })).toEqual({ kind: "known", id: "v1", answer: null });
  expect(await keepAnswer(request, "first")).toBe("first");
  expect(await keepAnswer(request, "second")).toBe("first");
  expect(await reserve(request)).toEqual({ kind: "known", id: "v1", answer: "first" });
});
