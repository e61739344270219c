/** Number health on a real Redis: merged as in TypeScript, by any number of gateways, kept for a time, erased, without a number in it. */
import fc from "fast-check";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createNumberHealth } from "../../../src/numbers/health/index.ts";
import { mergeReadings, writeReading } from "../../../src/numbers/health/readings.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { aReading, bucketSeconds } from "../../support/health-readings.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { noHealthObserver } from "../../support/memory-health-store.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { testConfig } from "../../support/test-config.ts";

const runtime = withRuntime();
const dayMs = 86_400_000;
const config = testConfig();
const clock = manualClock();
let redis: Redis;
let store: Store;

beforeAll(async () => {
  const { url } = await runtime.redis();
  redis = new Redis(url);
  store = createStore({
    redis: patientRedis(url),
    ...{ reputation: config.caller_id_reputation, clock, testTime: true, logger: pino({ level: "silent" }) },
  });
  await store.firstTried();
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  await store.close();
  redis.disconnect();
});

const healthOf = () =>
  createNumberHealth({
    ...{ config: () => config.number_health, hmacKey: "a key of these tests, of 32 characters and more" },
    ...{ store: store.health, actionOf: () => "refuse", channelOf: () => undefined },
    ...{ observer: noHealthObserver, clock, logger: pino({ level: "silent" }) },
  });

it("the script merges as mergeReadings does, whatever came in which order", async () => {
  const some = fc.array(aReading, { minLength: 1, maxLength: 15 }).map((all) => all.map(writeReading).join(""));
  let hash = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(some, { minLength: 1, maxLength: 4 }), async (sets) => {
      const one = `hash${hash++}`;
      for (const set of sets) await store.health.merge(one, set, bucketSeconds, dayMs);
      const other = `hash${hash++}`;
      await Promise.all(sets.toReversed().map((set) => store.health.merge(other, set, bucketSeconds, dayMs)));
      const expected = sets.reduce((all, set) => mergeReadings(all, set, bucketSeconds), "");
      expect([await store.health.read(one), await store.health.read(other)]).toEqual([expected, expected]);
    }),
    { numRuns: 60 },
  );
});

it("two gateways that learn at once lose nothing, and a dump of Redis has no number, no app and no trunk in it", async () => {
  const to = "+447400123456";
  const [one, other] = [healthOf(), healthOf()];
  const answers = (via: string) => [{ via, kind: "unallocated" as const }];
  const atMs = clock.nowMs();
  one.observe({ to, app: "shop", atMs, source: "call", answers: answers("carrier-a") });
  other.observe({ to, app: "bank", atMs, source: "call", answers: answers("carrier-b") });
  await Promise.all([one.flush(), other.flush()]);
  expect(await one.of(to, "shop")).toEqual({ state: "unallocated", ageDays: 0, confidence: 1, source: "call" });
  expect(await other.of(to, "game")).toEqual({ state: "unallocated", ageDays: 0, confidence: null, source: null });
  const kept = await redisContents(redis);
  const own = kept.filter(({ key }) => /^\{h/.test(key));
  expect(own).toHaveLength(2);
  for (const { key, ttlMs, content } of own) {
    expect(`${key} ${content}`).not.toMatch(/7400123456|400123|shop|bank|carrier/);
    expect(ttlMs).toBeGreaterThan(dayMs);
    expect(ttlMs).toBeLessThanOrEqual(60 * dayMs);
  }
});

it("a number twice unallocated is refused; after a half-life it is tried, and refused again where nothing has changed", async () => {
  const health = healthOf();
  const twice = async () => {
    const answers = ["carrier-a", "carrier-b"].map((via) => ({ via, kind: "unallocated" as const }));
    health.observe({ to: "+447400123456", app: "shop", atMs: clock.nowMs(), source: "call", answers });
    await health.flush();
  };
  const ask = { app: "bank", to: "+447400123456", mode: "new", proves: "phone", contacts: true, test: false };
  const verdict = () => health.rule.judge({ ...ask, channel: "missed_call", planned: ["missed_call"] } as never);
  await twice();
  expect(await verdict()).toMatchObject({
    kind: "deny",
    refusal: { code: "number_inactive", members: { age_days: 0 } },
  });
  clock.advance(29 * dayMs);
  expect(await verdict()).toMatchObject({ kind: "deny", refusal: { members: { age_days: 29 } } });
  clock.advance(2 * dayMs);
  expect(await verdict()).toBeNull();
  await twice();
  expect(await verdict()).toMatchObject({ kind: "deny", refusal: { members: { age_days: 0 } } });
  clock.advance(dayMs);
  const rang = [{ via: "carrier-b", kind: "alive" as const }];
  health.observe({ to: "+447400123456", app: "bank", atMs: clock.nowMs(), source: "call", answers: rang });
  await health.flush();
  expect(await verdict()).toBeNull();
});

it("counts of a trunk are of today and yesterday", async () => {
  const counts = { answers: 3, unallocated: 1, barred: 0, early: 1, wrong: 0 };
  const field = new Map([["trunk1", counts]]);
  await store.health.count(field);
  expect((await store.health.count(field)).get("trunk1")).toEqual({ ...counts, answers: 6, unallocated: 2, early: 2 });
  clock.advance(dayMs);
  expect((await store.health.count(field)).get("trunk1")).toMatchObject({ answers: 9 });
  clock.advance(dayMs);
  expect((await store.health.count(field)).get("trunk1")).toMatchObject({ answers: 6 });
});

it("is exported and erased as part of what is kept of somebody", async () => {
  const to = "+447400123456";
  const health = healthOf();
  const subject = { to, hash: "", verifications: new Set<string>(), is: () => true };
  health.observe({
    ...{ to, app: "shop", atMs: Date.UTC(2026, 0, 1), source: "call" },
    answers: [{ via: "carrier-a", kind: "alive" }],
  });
  await health.flush();
  expect(await health.subjects.export(subject, null)).toEqual({
    items: [{ evidence: "alive", source: "call", at: "2026-01-01T00:00:00.000Z" }],
    next: null,
  });
  expect(await health.subjects.erase(subject, null)).toEqual({ erased: 1, next: null });
  expect(await health.subjects.erase(subject, null)).toEqual({ erased: 0, next: null });
  expect(await redis.keys("{h*}:n")).toEqual([]);
});

it("a number of which one thing is known takes less than 200 bytes", async () => {
  const health = healthOf();
  for (let i = 0; i < 100; i++) {
    const to = `+4474001${String(i).padStart(5, "0")}`;
    const answers = [{ via: "carrier-a", kind: "alive" as const }];
    health.observe({ to, app: "shop", atMs: clock.nowMs(), source: "call", answers });
  }
  await health.flush();
  const [key = ""] = await redis.keys("{h*}:n");
  expect(await redis.memory("USAGE", key)).toBeLessThan(200);
});
