/** Live checks beside verifications in a real Redis: one phone, one call; a day between two checks; nothing that names anybody. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import type { LiveCheckStore, StoreAnswer } from "../../../src/numbers/live-check/ports.ts";
import type { LiveReading } from "../../../src/numbers/live-check/types.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { careSettings, createWorld, refusalOf, result, shop, type World } from "./world.ts";

const runtime = withRuntime();
const apps = ["bank", "shop"];
const said: LiveReading = {
  ...{ state: "switched_off", reason: null },
  evidence: {
    ...{ outcome: "switched_off", sipStatus: 480, q850: 20, alerted: false, progress: false, falseAnswer: false },
    ...{ postDialDelayMs: null, trunks: 1, confirmed: false, source: "sip" },
  },
};
let server: RedisServer;
let redis: Redis;
let world: World;
let other: Store;
/** Of two gateways. */
let checks: LiveCheckStore;
let others: LiveCheckStore;
let number = 0;

beforeAll(async () => {
  server = await runtime.redis();
  redis = new Redis(server.url);
});
beforeEach(async () => {
  world = createWorld({ redis: patientRedis(server.url), redisTime: true });
  other = createStore({
    ...{ redis: patientRedis(server.url), reputation: careSettings, clock: systemClock },
    logger: pino({ level: "silent" }),
  });
  await Promise.all([world.ready(), other.firstTried()]);
  checks = world.store.liveChecks(() => 3_600_000);
  others = other.liveChecks(() => 3_600_000);
});
afterEach(() => Promise.all([world.close(), other.close()]));
afterAll(() => redis.quit());

const somebody = () => `+4477008${String(number++).padStart(5, "0")}`;
const calleeOf = (to: string) => world.verifications.identify(to, null).callee;
const offer = (id: string, own: object = {}) => ({
  ...{ id, repeatMs: 86_400_000, lostMs: 20_000, overMs: 12_000, maxCoolingDown: 50, callerIds: ["h1", "h2"] },
  ...own,
});
const begin = (store: LiveCheckStore, to: string, id: string, own: object = {}): Promise<StoreAnswer> =>
  store.begin(calleeOf(to), apps, offer(id, own));
const end = (store: LiveCheckStore, to: string, id: string, own: object = {}) =>
  store.end(calleeOf(to), { id, reading: said, rememberMs: 86_400_000, mayStillRing: false, ...own });
const look = (store: LiveCheckStore, to: string) => store.look(calleeOf(to), apps);

describe("two checks of one number", () => {
  it("at once, at two gateways: one calls, the other waits and has the same answer, for a day", async () => {
    const to = somebody();
    const begun = await Promise.all([begin(checks, to, "live_a"), begin(others, to, "live_b")]);
    expect(begun.map(({ kind }) => kind).sort()).toEqual(["begun", "under_way"]);
    const winner = begun[0]?.kind === "begun" ? "live_a" : "live_b";
    await end(checks, to, winner);
    for (const store of [checks, others]) {
      const known = await look(store, to);
      expect(known).toMatchObject({ kind: "known", reading: said });
      if (known.kind !== "known") throw new Error("it is known");
      expect(known.ageMs).toBeLessThan(5000);
      expect(known.leftMs).toBeGreaterThan(86_000_000);
      expect(await begin(store, to, "live_c")).toMatchObject({ kind: "known" });
    }
  });

  it("after repeat_hours the network is asked again", async () => {
    const to = somebody();
    await begin(checks, to, "live_a");
    await end(checks, to, "live_a", { rememberMs: 1500 });
    expect(await look(checks, to)).toMatchObject({ kind: "known" });
    await expect.poll(() => look(checks, to), { interval: 20 }).toEqual({ kind: "free" });
  });

  it("one that placed no call leaves nothing but the caller ID's cool-down", async () => {
    const to = somebody();
    expect(await begin(checks, to, "live_a", { callerIds: ["h1"] })).toEqual({ kind: "begun", choice: 0 });
    await end(checks, to, "live_a", { reading: null, rememberMs: 0 });
    expect(await look(others, to)).toEqual({ kind: "free" });
    expect(await begin(checks, to, "live_b", { callerIds: ["h1"] })).toEqual({ kind: "no_caller_id" });
    expect(await begin(checks, to, "live_b", { callerIds: ["h1", "h2"] })).toEqual({ kind: "begun", choice: 1 });
  });

  it("the end of one is without effect on another's", async () => {
    const to = somebody();
    await begin(checks, to, "live_a");
    await end(others, to, "live_b");
    expect(await look(checks, to)).toEqual({ kind: "under_way" });
  });
});

describe("a check and a verification of one number", () => {
  it("no check while any app's verification is open, ringing or not", async () => {
    const to = somebody();
    const { id } = await world.verifications.start(shop, { to }, null);
    expect(await begin(checks, to, "live_a")).toMatchObject({ kind: "busy", with: "verification" });
    await world.ringOut();
    expect(await begin(checks, to, "live_a")).toMatchObject({ kind: "busy", with: "verification" });
    await world.verifications.cancel(shop, id);
    expect(await begin(checks, to, "live_a")).toMatchObject({ kind: "begun" });
  });

  it("no check while a phone may ring on after its verification", async () => {
    const to = somebody();
    const { id } = await world.verifications.start(shop, { to }, null);
    world.lastCall().calling();
    await world.verifications.cancel(shop, id);
    expect(await begin(checks, to, "live_a")).toMatchObject({ kind: "busy", with: "call" });
    world.lastCall().ended(result({ outcome: "canceled", alerted: false }));
    await world.verifications.settled();
    await expect.poll(() => look(checks, to)).toEqual({ kind: "free" });
  });

  it("no call of a verification while a check is in progress; right after it there is", async () => {
    const to = somebody();
    await begin(checks, to, "live_a");
    const refused = await refusalOf(world.verifications.start(shop, { to }, null));
    expect(refused).toMatchObject({ code: "rate_limited" });
    expect(refused.retryAfterMs).toBeLessThanOrEqual(12_000);
    expect(world.placed).toEqual([]);
    await end(checks, to, "live_a");
    await world.verifications.start(shop, { to }, null);
    expect(world.placed).toHaveLength(1);
  });

  it("the lock of a check whose phone may ring on lasts until its call counts as lost", async () => {
    const to = somebody();
    await begin(checks, to, "live_a", { lostMs: 400, overMs: 200 });
    await end(checks, to, "live_a", { mayStillRing: true });
    expect(await refusalOf(world.verifications.start(shop, { to }, null))).toMatchObject({ code: "rate_limited" });
    await expect
      .poll(() => world.verifications.start(shop, { to }, null).then(String, () => "refused"), { interval: 30 })
      .not.toBe("refused");
    expect(world.placed).toHaveLength(1);
  });

  it("of a check whose gateway died the callee is free at its end; that there was one stays known", async () => {
    const to = somebody();
    await begin(others, to, "live_a", { lostMs: 300, overMs: 200 });
    expect(await look(checks, to)).toEqual({ kind: "under_way" });
    await expect
      .poll(() => look(checks, to), { interval: 20 })
      .toMatchObject({ kind: "known", reading: { state: "unknown", reason: "interrupted", evidence: null } });
    await world.verifications.start(shop, { to }, null);
    expect(world.placed).toHaveLength(1);
  });
});

describe("limits of checks, over all gateways", () => {
  const roomy = { leaseMs: 30_000, perMinute: 1000, appPerMinute: 1000, appPerDay: 1000, maxConcurrent: 1000 };
  const admit = (store: LiveCheckStore, own: object) =>
    store.admit({ id: `live_${number++}`, app: `app-${number}`, ...roomy, ...own });
  beforeEach(() => redis.del("{live_check}:up"));

  it.each([
    ["at once", { maxConcurrent: 2 }],
    ["a minute of one app", { app: "a", appPerMinute: 2 }],
    ["a day of one app", { app: "b", appPerDay: 2 }],
  ])("%s", async (_, limit) => {
    const both = [await admit(checks, limit), await admit(others, limit)];
    expect(both.map(({ kind }) => kind)).toEqual(["taken", "taken"]);
    const third = await admit(checks, limit);
    expect(third).toMatchObject({ kind: "limited" });
    if (third.kind === "limited") expect(third.retryAfterMs).toBeGreaterThan(0);
    // Another app has limits of its own.
    if ("app" in limit) expect(await admit(checks, { ...limit, app: "c" })).toMatchObject({ kind: "taken" });
  });

  it("a check that placed no call counts for nothing; one that did frees its place alone", async () => {
    const limit = { app: "d", appPerDay: 1, maxConcurrent: 1 };
    const take = async (id: string) => checks.admit({ id, ...roomy, ...limit });
    const first = await take("live_x");
    if (first.kind !== "taken") throw new Error("there is room");
    expect((await take("live_y")).kind).toBe("limited");
    await others.release("live_x", "d", first.stamp, true);
    const second = await take("live_y");
    if (second.kind !== "taken") throw new Error("it was given back");
    await others.release("live_y", "d", second.stamp, false);
    await others.release("live_y", "d", second.stamp, true);
    expect(await take("live_z")).toMatchObject({ kind: "limited" });
  });
});

it("Redis holds no number, and erasure takes the answer, not the day", async () => {
  const to = somebody();
  await begin(checks, to, "live_a");
  await end(checks, to, "live_a");
  const kept = await redisContents(redis);
  for (const { key, ttlMs, content } of kept) {
    expect(key + content).not.toContain(to.slice(1));
    if (key.includes("live_check")) expect(ttlMs).toBeGreaterThan(0);
  }
  const { subjects } = world.store;
  const callee = calleeOf(to);
  for (let after = await subjects.search(callee, null); after !== null; ) after = await subjects.search(callee, after);
  expect(await subjects.limits(callee)).toMatchObject({ live_check: { answer: { state: "switched_off" } } });
  expect(await subjects.eraseLimits(callee)).toBeGreaterThanOrEqual(1);
  expect(await subjects.limits(callee)).toMatchObject({ live_check: { answer: null } });
  expect(await look(checks, to)).toMatchObject({ kind: "known", reading: { state: "unknown", evidence: null } });
  expect(await subjects.eraseLimits(callee)).toBe(0);
});
