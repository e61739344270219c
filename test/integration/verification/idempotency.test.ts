import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { bank, createWorld, refusalOf, shop, type World } from "./world.ts";

const runtime = withRuntime();
let world: World;
let number = 0;
const somebody = () => `+4477006${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  world = createWorld({ redis: patientRedis((await runtime.redis()).url) });
  await world.ready();
});
afterAll(() => world.close());

it("answers the same request with the verification as it is now, and places nothing", async () => {
  const request = { to: somebody(), metadata: { order: "7", till: "2" } };
  const first = await world.verifications.start(shop, request, "key");
  await world.ringOut();
  const placed = world.placed.length;
  world.clock.advance(20_000);
  const again = await world.verifications.start(shop, { metadata: { till: "2", order: "7" }, to: request.to }, "key");
  expect(first.status).toBe("pending");
  expect(again).toMatchObject({ id: first.id, status: "delivered" });
  expect(again).toEqual(await world.verifications.get(shop, first.id));
  expect(world.placed.length).toBe(placed);
});

it("keeps the id alone under the key: no number, no metadata", async () => {
  const to = somebody();
  const { id } = await world.verifications.start(shop, { to, metadata: { note: "a long story" } }, "small");
  const redis = new Redis(world.redis.url ?? "");
  const kept = (await redisContents(redis, "{i*")).filter(({ content }) => content.includes(id));
  expect(kept).toHaveLength(1);
  expect(kept[0]?.content).not.toContain(to.slice(3));
  expect(kept[0]?.content).not.toContain("story");
  redis.disconnect();
});

/** Of all keys, in bytes. */
async function memoryOf(redis: Redis): Promise<number> {
  let total = 0;
  for await (const keys of redis.scanStream({ count: 1000 })) {
    for (const key of keys as string[]) total += Number(await redis.memory("USAGE", key, "SAMPLES", 0));
  }
  return total;
}

it("Redis filled by one key: a start took 16.5 KiB, and 30.7 KiB with an Idempotency-Key", async () => {
  const redis = new Redis(world.redis.url ?? "");
  const starts = 40;
  const perStart = async (request: object, key: (n: number) => string | null) => {
    const before = await memoryOf(redis);
    for (let n = 0; n < starts; n++) await world.verifications.start(shop, { to: somebody(), ...request }, key(n));
    return ((await memoryOf(redis)) - before) / starts / 1024;
  };
  const plain = await perStart({}, () => null);
  const withKey = await perStart({}, (n) => `size-${n}`);
  const largest = await perStart({ metadata: { note: "x".repeat(4000) } }, (n) => `large-${n}`);
  redis.disconnect();
  expect(plain).toBeLessThan(4);
  expect(withKey - plain).toBeLessThan(1);
  // In the record, and in its event until that has been handed on.
  expect(largest - withKey).toBeLessThan(12);
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

/** From now on starts wait for their channel slot until the test gives or refuses it. */
function holdSlots() {
  const { reserve } = world.slots;
  const waiting: ((isFree: boolean) => void)[] = [];
  world.slots.reserve = (...asked) =>
    new Promise((resolve) => {
      waiting.push((isFree) => resolve(isFree ? reserve(...asked) : { none: "capacity", retryAfterMs: 1000 }));
    });
  return {
    /** A start that waits now. */
    async start(request: { to: string }, key: string) {
      const before = waiting.length;
      const started = world.verifications.start(shop, request, key);
      await expect.poll(() => waiting.length).toBe(before + 1);
      return { started, slot: (isFree: boolean) => waiting[before]?.(isFree) };
    },
    end: () => {
      world.slots.reserve = reserve;
    },
  };
}

it.each([
  ["first", "second"],
  ["second", "first"],
])(
  "of two requests with one key at once, of which the %s is refused, both answer what the %s began",
  async (refused) => {
    const request = { to: somebody() };
    const key = `at once ${refused}`;
    const slots = holdSlots();
    const first = await slots.start(request, key);
    const second = await slots.start(request, key);
    slots.end();
    const [begins, fails] = refused === "second" ? [first, second] : [second, first];
    begins.slot(true);
    const { id } = await begins.started;
    fails.slot(false);
    expect((await fails.started).id).toBe(id);
    const placed = world.placed.length;
    await world.ringOut();
    world.clock.advance(20_000);
    // A third one that came with a key of no verification would ring again.
    expect((await world.verifications.start(shop, request, key)).id).toBe(id);
    expect(world.placed.length).toBe(placed);
  },
);

it.each(["first", "second"])("a refusal of the %s request leaves the key to the one that goes on", async (refused) => {
  const request = { to: somebody() };
  const key = `left ${refused}`;
  const slots = holdSlots();
  const first = await slots.start(request, key);
  const second = await slots.start(request, key);
  slots.end();
  const [goesOn, fails] = refused === "second" ? [first, second] : [second, first];
  fails.slot(false);
  expect((await refusalOf(fails.started)).code).toBe("capacity");
  goesOn.slot(true);
  const { id } = await goesOn.started;
  const placed = world.placed.length;
  await world.ringOut();
  world.clock.advance(20_000);
  expect((await world.verifications.start(shop, request, key)).id).toBe(id);
  expect(world.placed.length).toBe(placed);
});

it("gives back the verification of a gateway that died before it could answer, and places nothing", async () => {
  const to = somebody();
  // The answer of the store is lost after it began the call.
  const { verifications, verificationStore } = world;
  const { begin } = verificationStore;
  verificationStore.begin = async (...asked) => {
    await begin(...asked);
    throw new Error("died");
  };
  await expect(verifications.start(shop, { to }, "crash")).rejects.toThrow("died");
  verificationStore.begin = begin;
  const redis = new Redis(world.redis.url ?? "");
  const kept = await redisContents(redis, "{i*");
  expect(kept).not.toEqual([]);
  for (const { key, ttlMs } of kept) expect(ttlMs, key).toBeGreaterThan(0);
  redis.disconnect();
  const placed = world.placed.length;
  expect(await verifications.start(shop, { to }, "crash")).toMatchObject({ to, status: "pending" });
  expect(world.placed.length).toBe(placed);
});

it("stands for one verification, whichever of two requests reserved it", async () => {
  const request = { key: "twins", fingerprint: "same", id: "v1" };
  const { reserve } = world.verificationStore;
  expect(await reserve(request)).toEqual({ kind: "new" });
  expect(await reserve({ ...request, id: "v2" })).toEqual({ kind: "known", id: "v1", mayBeForgotten: false });
  expect(await reserve({ ...request, fingerprint: "other" })).toEqual({ kind: "reused" });
});

it("rings nobody again when a replay comes after the retention: the key outlives the verification", async () => {
  const request = { to: somebody() };
  const first = await world.verifications.start(shop, request, "late");
  await world.ringOut();
  const placed = world.placed.length;
  world.clock.advance(3_900_000);
  const redis = new Redis(world.redis.url ?? "");
  const kept = (await redisContents(redis)).filter(({ key }) => key.endsWith(`:v:${first.id}`));
  expect(kept).toHaveLength(1);
  // Redis' own clock forgets it; the test's does not reach there.
  for (const { key } of kept) await redis.del(key);
  redis.disconnect();
  expect((await refusalOf(world.verifications.start(shop, request, "late"))).code).toBe("verification_not_found");
  expect((await refusalOf(world.verifications.start(shop, request, "late"))).code).toBe("verification_not_found");
  expect(world.placed.length).toBe(placed);
});
