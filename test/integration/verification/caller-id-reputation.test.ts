/** What caller-ID reputation means for verifications, on a real Redis, with two gateways where that matters. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import type { Outcome } from "../../../src/telephony/calls/outcome.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { createWorld, type PlacedCall, refusalOf, result, shop, type World, type WorldOptions } from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let clock: ManualClock;
let worlds: World[];
let number = 0;
const hourMs = 3_600_000;

beforeAll(async () => {
  redis = await runtime.redis();
});
beforeEach(() => {
  worlds = [];
  clock = manualClock();
});
afterEach(() => Promise.all(worlds.map((world) => world.close())));

/** A gateway; all of a test share the clock and, by their prefix, the ranges. */
async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  const world = createWorld({ redis: patientRedis(redis.url), clock, ...options });
  worlds.push(world);
  await world.ready();
  return world;
}
/** A name that no other test has, so that each has its own counts. */
const range = (digits = 2) => ({ [`range-${number++}`]: { prefix: `+44207${number}`, digits } });
const somebody = () => `+4477007${String(number++).padStart(5, "0")}`;

/** So long a gateway goes by what it was told of the caller IDs that are out. */
const freshMs = 250;

async function call(world: World, ended: { outcome: Outcome; sipStatus?: number } | null = null): Promise<PlacedCall> {
  clock.advance(freshMs);
  await world.verifications.start(shop, { to: somebody() }, null);
  const placed = world.lastCall();
  if (ended === null) await world.ringOut(placed);
  else {
    const { outcome, sipStatus = null } = ended;
    placed.calling();
    placed.ended({
      ...result({ outcome, alerted: false }),
      sipStatus,
      attempts: [{ trunk: "carrier", asterisk: "main", outcome }],
    });
    await world.verifications.settled();
  }
  return placed;
}

const counts = (world: World) =>
  Object.values(
    world.placed.reduce<Record<string, number>>((sum, { callerId }) => {
      sum[callerId] = (sum[callerId] ?? 0) + 1;
      return sum;
    }, {}),
  );

describe("a caller ID", () => {
  it("is shown no more often within an hour than its cap, whoever is called by whichever gateway", async () => {
    const ranges = range(2);
    const reputation = { attempts_per_hour: 2 };
    const gateways = [await open({ ranges, reputation }), await open({ ranges, reputation })];
    let refused = 0;
    for (let i = 0; i < 160; i++) {
      await call(gateways[i % 2] as World).catch(() => refused++);
    }
    const shown: Record<string, number> = {};
    for (const { callerId } of gateways.flatMap(({ placed }) => placed)) shown[callerId] = (shown[callerId] ?? 0) + 1;
    expect(Math.max(...Object.values(shown))).toBe(2);
    // Above half of the range at its cap nothing is placed.
    expect(Object.values(shown).filter((count) => count === 2)).toHaveLength(51);
    expect(refused).toBeGreaterThan(0);
  });

  it("that networks flagged is not shown again for a week, and the operator hears of it without a number", async () => {
    const once = { flagging_prefixes: 1, first_flagged_cooldown_seconds: 7 * 24 * 3600 };
    const world = await open({ ranges: range(2), reputation: once });
    const flagged = await call(world, { outcome: "caller_id_refused", sipStatus: 608 });
    const { range: name } = flagged;
    expect(world.events).toContainEqual(
      expect.objectContaining({
        type: "caller_id.cooldown",
        data: { range: name, trunk: "carrier", reason: "flagged" },
      }),
    );
    expect(await world.callerIdReputation.status()).toEqual([
      { range: flagged.range, size: 100, unavailable: 1, coolingDown: 1 },
    ]);
    const log = world.logLines.find((line) => line.includes("caller ID in cool-down")) ?? "";
    expect(JSON.parse(log)).toMatchObject({ range: flagged.range, reason: "flagged" });
    expect(log).not.toContain(flagged.callerId.slice(1));
    for (let i = 0; i < 60; i++) {
      clock.advance(hourMs);
      await call(world);
    }
    expect(world.placed.slice(1).map(({ callerId }) => callerId)).not.toContain(flagged.callerId);
    clock.advance(7 * 24 * hourMs);
    expect(await world.callerIdReputation.status()).toMatchObject([{ unavailable: 0, coolingDown: 0 }]);
  });
});

describe("while much of a range is out", () => {
  it("calls are refused above half, with when to try again; nothing is placed, and no line is kept", async () => {
    const world = await open({ ranges: range(2), reputation: { attempts_per_hour: 1 } });
    for (let i = 0; i < 51; i++) await call(world);
    expect(counts(world).every((count) => count === 1)).toBe(true);
    expect(await refusalOf(call(world))).toEqual({ code: "capacity", retryAfterMs: 60_000 });
    expect(world.placed).toHaveLength(51);
    await expect.poll(world.slotsHeld).toBe(0);
    clock.advance(hourMs + 60_000);
    await call(world);
  });

  it("the alarm comes before, once a minute", async () => {
    const world = await open({ ranges: range(2), reputation: { attempts_per_hour: 1 } });
    const alarms = () => world.logLines.filter((line) => line.includes("much of a range"));
    for (let i = 0; i < 25; i++) await call(world);
    expect(alarms()).toHaveLength(0);
    for (let i = 0; i < 10; i++) await call(world);
    expect(alarms()).toHaveLength(1);
  });

  it("the other ranges go on", async () => {
    const one = { weak: { prefix: `+44208${number++}`, digits: 2 } };
    const both = { ...one, strong: { prefix: `+44209${number++}`, digits: 2 } };
    const reputation = { attempts_per_hour: 1 };
    const weak = await open({ ranges: one, reputation });
    for (let i = 0; i < 51; i++) await call(weak);
    const world = await open({ ranges: both, reputation });
    for (let i = 0; i < 20; i++) expect((await call(world)).range).toBe("strong");
  });

  it("what a callee was shown counts too: both together leave half of the range", async () => {
    const ranges = range(2);
    const settings = { starts_per_callee_per_hour: 100, start_gap_seconds: 0, wrong_checks_per_callee: 1 };
    const world = await open({ ranges, settings, reputation: { attempts_per_hour: 1 } });
    for (let i = 0; i < 40; i++) await call(world);
    const to = somebody();
    // Its own calls are at their cap now too: after five of them 45 are out, and 5 rest for it.
    for (let i = 0; i < 6; i++) {
      clock.advance(freshMs);
      await world.verifications.start(shop, { to }, null);
      await world.ringOut();
    }
    clock.advance(freshMs);
    expect((await refusalOf(world.verifications.start(shop, { to }, null))).code).toBe("capacity");
    await call(world);
  });
});
