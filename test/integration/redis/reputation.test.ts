/** The scripts of caller-ID reputation on a real Redis, against what the rules say in plain TypeScript. */
import fc from "fast-check";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ReputationConfig } from "../../../src/caller-ids/reputation-config.ts";
import type { CallerIdRef, Evidence, Note, ReputationStore } from "../../../src/caller-ids/store-port.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const startMs = Date.UTC(2026, 0, 1, 12, 0, 0);
const rules: ReputationConfig = {
  ...{ ...careSettings, attempts_per_hour: 3, attempts_per_day: 7 },
  // One flag is enough, for tests of what follows from it; the real rule has tests of its own.
  ...{ flagging_prefixes: 1, first_flagged_cooldown_seconds: careSettings.flagged_cooldown_seconds },
};
/** No range of these tests is bounded by its size. */
const from = (prefix = "+4474001", app = "shop") => ({ prefix, app, rangeSize: 1_000_000 });
let url: string;
let redis: Redis;
const stores: Store[] = [];
let store: TimedStore;

beforeAll(async () => {
  url = (await runtime.redis()).url;
  redis = new Redis(url);
});
afterAll(async () => {
  await Promise.all(stores.map((one) => one.close()));
  redis.disconnect();
});
beforeEach(async () => {
  await redis.flushall();
  store = await openStore();
});

/** A store whose time is given with each question. */
function timed(store: ReputationStore, clock: ManualClock) {
  const at = (nowMs: number): ReputationStore => {
    clock.set(nowMs - clock.nowMs());
    return store;
  };
  return {
    look: (nowMs: number, ranges: readonly string[], refs: readonly CallerIdRef[]) => at(nowMs).look(ranges, refs),
    note: (nowMs: number, notes: readonly Note[]) => at(nowMs).note(notes),
    status: (nowMs: number, ranges: readonly string[]) => at(nowMs).status(ranges),
  };
}
type TimedStore = ReturnType<typeof timed>;

/** What one gateway has. */
async function openStore(reputation: ReputationConfig = rules): Promise<TimedStore> {
  const logger = pino({ level: "silent" });
  const clock = manualClock();
  const opened = createStore({
    redis: patientRedis(url),
    reputation,
    clock,
    testTime: true,
    logger,
  });
  stores.push(opened);
  while (!(await opened.ping())) await new Promise((resolve) => setImmediate(resolve));
  return timed(opened.reputation, clock);
}

const attempt = (hash: string, range = "block"): Note => ({ what: "attempt", range, hash });
const ended = (what: Evidence, hash: string, trunk = "carrier", range = "block"): Note => ({
  what,
  trunk,
  range,
  hash,
  ...from(`prefix of ${hash}`),
});
const isFit = async (nowMs: number, hash: string) =>
  (await store.look(nowMs, ["block"], [{ range: "block", hash }])).fit[0] === true;
/** Makes the trunk one on which calls ring, by other caller IDs. */
const ringElsewhere = (nowMs: number, trunk = "carrier") =>
  store.note(
    nowMs,
    Array.from({ length: 120 }, (_, i) => ended("rang", `other ${i}`, trunk)),
  );

describe("the caps of a caller ID", () => {
  it("hold at every minute, whatever came when", async () => {
    /** The rule: an attempt counts until an hour (a day) after the minute in which it was made has ended. */
    const atCap = (attempts: readonly number[], nowMs: number) => {
      const within = (windowMs: number) =>
        attempts.filter((at) => (Math.floor(at / minuteMs) + 1) * minuteMs + windowMs > nowMs).length;
      return within(hourMs) >= rules.attempts_per_hour || within(dayMs) >= rules.attempts_per_day;
    };
    let run = 0;
    const gapsMs = fc.array(fc.oneof(fc.nat(20 * minuteMs), fc.nat(3 * hourMs), fc.nat(12 * hourMs)), {
      minLength: 5,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(gapsMs, async (gaps) => {
        const hash = `caller ID ${run++}`;
        const attempts: number[] = [];
        let nowMs = startMs;
        for (const gap of gaps) {
          nowMs += gap;
          const fit = await isFit(nowMs, hash);
          expect(fit).toBe(!atCap(attempts, nowMs));
          if (!fit) continue;
          attempts.push(nowMs);
          await store.note(nowMs, [attempt(hash)]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("count over gateways, in one batch or in many", async () => {
    const other = await openStore();
    await store.note(startMs, [attempt("a"), attempt("b"), attempt("a")]);
    expect(await isFit(startMs, "a")).toBe(true);
    await other.note(startMs, [attempt("a")]);
    expect(
      await store.look(
        startMs,
        ["block"],
        ["a", "b", "c"].map((hash) => ({ range: "block", hash })),
      ),
    ).toEqual({
      fit: [false, true, true],
      unavailable: [1],
      listed: [["a"]],
    });
  });

  it("are not listed where they are many", async () => {
    const flag = (i: number) => ended("flagged", `n${i}`);
    await store.note(
      startMs,
      Array.from({ length: 1000 }, (_, i) => flag(i)),
    );
    const [listed] = (await store.look(startMs, ["block"], [])).listed;
    expect(listed).toHaveLength(1000);
    await store.note(startMs, [flag(1000)]);
    expect(await store.look(startMs, ["block"], [{ range: "block", hash: "n7" }])).toEqual({
      ...{ fit: [false], unavailable: [1001], listed: [null] },
    });
  });

  it("are told range by range", async () => {
    for (let i = 0; i < 3; i++) await store.note(startMs, [attempt("a"), attempt("z", "list")]);
    await store.note(startMs, [ended("flagged", "b", "carrier", "list")]);
    expect(await store.status(startMs, ["block", "list", "unused"])).toEqual([
      { range: "block", unavailable: 1, coolingDown: 0 },
      { range: "list", unavailable: 2, coolingDown: 1 },
      { range: "unused", unavailable: 0, coolingDown: 0 },
    ]);
    const look = await store.look(
      startMs,
      ["list", "block"],
      [
        { range: "block", hash: "a" },
        { range: "list", hash: "a" },
      ],
    );
    expect(look).toMatchObject({ unavailable: [2, 1], fit: [false, true] });
    expect(look.listed.map((hashes) => [...(hashes ?? [])].sort())).toEqual([["b", "z"], ["a"]]);
  });
});

describe("608 flood: a refusal of a caller ID", () => {
  const real = { ...careSettings, attempts_per_hour: 1000, attempts_per_day: 5000 };
  const flagOf = (hash: string, prefix: string, rangeSize = 10_000, app = "shop"): Note => ({
    ...{ what: "flagged", trunk: "carrier", range: "block", hash, prefix, app, rangeSize },
  });
  const coolingDown = async (reputation: TimedStore, nowMs: number) =>
    (await reputation.status(nowMs, ["block"]))[0]?.coolingDown ?? Number.NaN;

  it("by one destination, however often, takes it from nobody", async () => {
    const reputation = await openStore(real);
    for (let i = 0; i < 60; i++) await reputation.note(startMs + i * 1000, [flagOf("a", "one prefix")]);
    expect(await coolingDown(reputation, startMs + 60_000)).toBe(0);
  });

  it("by three prefixes takes it out for an hour, then a day, then a week, and an hour again after 30 days", async () => {
    const reputation = await openStore(real);
    let nowMs = startMs;
    const flagged = async () => {
      const began = [];
      for (const prefix of ["p1", "p2", "p3"]) {
        // Others are called there too, and not refused.
        const rang: Note = { ...flagOf("other", prefix), what: "rang" } as Note;
        began.push(...(await reputation.note(nowMs, [rang, rang, flagOf("a", prefix)])));
      }
      return began;
    };
    for (const hours of [1, 24, 168, 168]) {
      expect(await flagged()).toEqual([{ range: "block", trunk: "carrier", reason: "flagged" }]);
      expect(await coolingDown(reputation, nowMs + hours * hourMs - 1)).toBe(1);
      nowMs += hours * hourMs;
      expect(await coolingDown(reputation, nowMs)).toBe(0);
    }
  });

  it("by a prefix that refuses nearly all it is called from says nothing of one caller ID", async () => {
    const reputation = await openStore(real);
    for (let i = 0; i < 40; i++) {
      await reputation.note(startMs, [flagOf(`n${i}`, "p1"), flagOf(`n${i}`, "p2"), flagOf(`n${i}`, "p3")]);
    }
    // Each prefix counted for its first seven calls.
    expect(await coolingDown(reputation, startMs)).toBeLessThanOrEqual(7);
  });

  it("by whole lists of prefixes takes out one percent of the range an hour, one at least", async () => {
    const reputation = await openStore(real);
    let prefix = 0;
    const flood = async (nowMs: number) => {
      for (let i = 0; i < 60; i++) {
        await reputation.note(
          nowMs,
          Array.from({ length: 3 }, () => flagOf(`n${i}`, `p${prefix++}`, 200)),
        );
      }
    };
    await flood(startMs);
    expect(await coolingDown(reputation, startMs)).toBe(2);
    await flood(startMs + hourMs);
    expect(await coolingDown(reputation, startMs + hourMs)).toBeLessThanOrEqual(4);
  });

  it("needs two apps where the operator says so", async () => {
    const reputation = await openStore({ ...real, flagging_apps: 2 });
    for (let i = 0; i < 5; i++) await reputation.note(startMs, [flagOf("a", `p${i}`)]);
    expect(await coolingDown(reputation, startMs)).toBe(0);
    await reputation.note(startMs, [flagOf("a", "p9", 10_000, "bank")]);
    expect(await coolingDown(reputation, startMs)).toBe(1);
  });
});

describe("rest", () => {
  it("begins when a network flags a caller ID, is told once, and ends when it said", async () => {
    const cooldownMs = rules.flagged_cooldown_seconds * 1000;
    const flagged = ended("flagged", "a");
    expect(await store.note(startMs, [flagged, flagged])).toEqual([
      { range: "block", trunk: "carrier", reason: "flagged" },
    ]);
    expect(await store.note(startMs + 1000, [flagged])).toEqual([]);
    expect(await isFit(startMs + cooldownMs - 1, "a")).toBe(false);
    expect(await isFit(startMs + cooldownMs, "a")).toBe(true);
    expect(await isFit(startMs, "b")).toBe(true);
    expect(await store.note(startMs + 1000 + cooldownMs, [flagged])).toHaveLength(1);
  });

  it("of a silent caller ID begins exactly when the rule says", async () => {
    await ringElsewhere(startMs);
    const length = rules.ring_history_attempts;
    const silent = (history: readonly boolean[]) =>
      history.length >= length &&
      history.slice(-length).filter(Boolean).length * 100 < rules.least_ringing_percent * length;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), async (draws, n) => {
        // One call in n rings, or none at all, so that silent stretches are found often.
        const rings = draws.map((ring, i) => ring && i % n === 0);
        const hash = `caller ID ${run++}`;
        let history: boolean[] = [];
        for (const rang of rings) {
          // Others go on ringing, so that the trunk stays healthy.
          await store.note(startMs, [ended("rang", "others"), ended("rang", "others"), ended("rang", "others")]);
          history.push(rang);
          const began = await store.note(startMs, [ended(rang ? "rang" : "silent", hash)]);
          expect(began).toEqual(silent(history) ? [{ range: "block", trunk: "carrier", reason: "silent" }] : []);
          if (silent(history)) break;
          history = history.slice(-length);
        }
        expect(await isFit(startMs, hash)).toBe(!silent(history));
      }),
      { numRuns: 40 },
    );
  });

  it("of a silent caller ID ends after its time, and then it starts with a clean sheet", async () => {
    await ringElsewhere(startMs);
    const silence = Array.from({ length: rules.ring_history_attempts }, () => ended("silent", "a"));
    expect(await store.note(startMs, silence)).toHaveLength(1);
    const backMs = startMs + rules.silent_cooldown_seconds * 1000;
    expect(await isFit(backMs - 1, "a")).toBe(false);
    expect(await isFit(backMs, "a")).toBe(true);
    await ringElsewhere(backMs);
    expect(await store.note(backMs, silence.slice(1))).toEqual([]);
    expect(await store.note(backMs, silence.slice(0, 1))).toHaveLength(1);
  });

  it("is for none where the whole trunk is silent, or where too little is known of it", async () => {
    const silence = (hash: string, trunk: string) => Array.from({ length: 60 }, () => ended("silent", hash, trunk));
    expect(await store.note(startMs, silence("a", "new"))).toEqual([]);
    await store.note(
      startMs,
      Array.from({ length: 300 }, (_, i) => ended("silent", `other ${i}`, "dead")),
    );
    await ringElsewhere(startMs, "dead");
    expect(await store.note(startMs, silence("b", "dead"))).toEqual([]);
    expect(await store.status(startMs, ["block"])).toEqual([{ range: "block", unavailable: 0, coolingDown: 0 }]);
  });

  it("forgets how a trunk was: old calls fade, so that one that died is known as dead, and one that healed as healthy", async () => {
    const calls = (what: Evidence, count: number) =>
      store.note(
        startMs,
        Array.from({ length: count }, (_, i) => ended(what, `other ${i}`)),
      );
    const silence = Array.from({ length: rules.ring_history_attempts }, () => ended("silent", "a"));
    for (let i = 0; i < 5; i++) await calls("silent", 1000);
    expect(await store.note(startMs, silence)).toEqual([]);
    for (let i = 0; i < 3; i++) await calls("rang", 500);
    expect(await store.note(startMs, silence.slice(0, 1))).toHaveLength(1);
  });
});

it("what is kept holds no number, shares one slot, and goes by itself", async () => {
  await ringElsewhere(startMs);
  for (let i = 0; i < 4; i++) await store.note(startMs, [attempt("a"), ended("silent", "a"), ended("flagged", "b")]);
  const kept = (await redisContents(redis)).filter(({ key }) => key !== "{version}:records");
  expect(kept.length).toBeGreaterThan(5);
  for (const { key, ttlMs } of kept) {
    expect(key).toMatch(/^\{reputation\}:/);
    expect(ttlMs, key).toBeGreaterThan(0);
    expect(ttlMs, key).toBeLessThanOrEqual(30 * dayMs);
  }
});

it("a caller ID that is called at its cap for a day costs less than 1 kB, whatever was before", async () => {
  const reputation = await openStore(careSettings);
  const hashes = Array.from({ length: 500 }, (_, i) => `hash of caller ID ${i}`);
  for (let i = 0; i < 60; i++) {
    const nowMs = startMs + i * 20 * minuteMs;
    await reputation.note(
      nowMs,
      hashes.map((hash) => attempt(hash)),
    );
    await reputation.note(
      nowMs,
      hashes.map((hash) => ended(i % 2 ? "rang" : "silent", hash)),
    );
  }
  // Of the keys alone: used_memory counts the buffers of connections too, 100 kB more or less.
  const sizes = await Promise.all((await redis.keys("*")).map((key) => redis.memory("USAGE", key, "SAMPLES", 0)));
  const bytes = sizes.reduce((sum: number, size) => sum + Number(size), 0);
  expect(bytes / hashes.length).toBeLessThan(1000);
});
