/** What reputation asks and tells. The counting itself is tested on a real Redis: test/integration/redis/reputation.test.ts. */
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createCallerIdPool } from "../../../src/caller-ids/pool.ts";
import { createCallerIdReputation } from "../../../src/caller-ids/reputation.ts";
import type { CooldownBegun, Note, ReputationStore } from "../../../src/caller-ids/store-port.ts";
import type { CallerId } from "../../../src/caller-ids/types.ts";
import { createBatchTimer } from "../../../src/shared/batch-timer.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { manualClock } from "../../support/manual-clock.ts";

const from = { callee: "+447400123456", app: "shop" };
const ranges = { block: { prefix: "+4420794", digits: 2 }, other: { prefix: "+4420795", digits: 2 } };

function open(store: Partial<ReputationStore> = {}) {
  const clock = manualClock();
  const batches: (readonly Note[])[] = [];
  const events: unknown[] = [];
  let log = "";
  const pool = createCallerIdPool(ranges, cryptoRandom);
  const reputation = createCallerIdReputation({
    store: {
      look: async (names, candidates) => ({
        fit: candidates.map(() => true),
        unavailable: names.map(() => 0),
        listed: [],
      }),
      note: async (notes) => {
        batches.push(notes);
        return [];
      },
      status: async (names) => names.map((range) => ({ range, unavailable: 0, coolingDown: 0 })),
      ...store,
    },
    pool,
    ranges: Object.keys(ranges),
    alarmUnavailablePercent: 25,
    hash: (callerId) => `hash of ${callerId.slice(-2)}`,
    batchTimer: createBatchTimer(clock, 20),
    clock,
    publish: (type, data) => void events.push({ type, ...data }),
    logger: pino(
      { base: null },
      {
        write(line: string) {
          log += line;
        },
      },
    ),
  });
  return {
    reputation,
    clock,
    batches,
    events,
    log: () => log,
    callerId: pool.draw(["block"], null, 1)[0] as CallerId,
  };
}

const outOf = (block: number, other: number): Partial<ReputationStore> => ({
  look: async (names, candidates) => ({
    fit: candidates.map(() => true),
    unavailable: names.map((name) => (name === "block" ? block : other)),
    listed: [],
  }),
});

describe("a look at drawn caller IDs", () => {
  it("leaves those that are out, in the order in which they were drawn", async () => {
    const { reputation } = open({
      look: async () => ({ fit: [false, true, false, true], unavailable: [2], listed: [] }),
    });
    const drawn = createCallerIdPool(ranges, cryptoRandom).draw(["block"], null, 4);
    expect(
      await reputation.look(
        ["block"],
        null,
        drawn.map((one) => [one]),
      ),
    ).toEqual({
      fit: [[drawn[1]], [drawn[3]]],
      ranges: ["block"],
      maxCoolingDown: 48,
      unavailable: 2,
    });
  });

  it("leaves of pairs those of which both may be shown", async () => {
    const { reputation } = open({
      look: async () => ({ fit: [true, false, true, true], unavailable: [1], listed: [] }),
    });
    const pairs = createCallerIdPool(ranges, cryptoRandom).drawPairs(["block"], null, 2);
    expect((await reputation.look(["block"], null, pairs))?.fit).toEqual([pairs[1]]);
  });

  it("leaves out a range of which more than half is out, and says so once a minute, without a number", async () => {
    const { reputation, clock, log } = open(outOf(51, 30));
    const drawn = createCallerIdPool(ranges, cryptoRandom)
      .draw(["block", "other"], null, 200)
      .map((one) => [one]);
    for (let i = 0; i < 3; i++) {
      const fitness = await reputation.look(["block", "other"], null, drawn);
      expect(fitness).toMatchObject({ ranges: ["other"], maxCoolingDown: 20, unavailable: 81 });
      expect(fitness?.fit).toHaveLength(100);
      expect(fitness?.fit.flat().every(({ range }) => range === "other")).toBe(true);
    }
    expect(log().match(/much of a range/g)).toHaveLength(2);
    clock.advance(60_000);
    await reputation.look(["block", "other"], null, drawn);
    expect(log().match(/much of a range/g)).toHaveLength(4);
    expect(log()).not.toContain("+4420");
  });

  it("gives nothing where that holds for every range", async () => {
    const { reputation, callerId } = open(outOf(51, 51));
    expect(await reputation.look(["block", "other"], null, [[callerId]])).toBeNull();
  });

  it("is silent below the alarm", async () => {
    const { reputation, callerId, log } = open(outOf(24, 0));
    await reputation.look(["block", "other"], null, [[callerId]]);
    expect(log()).toBe("");
  });
});

describe("notes", () => {
  const rang = {
    alerted: true,
    sipStatus: 487,
    networkBlocked: false,
    attempts: [{ trunk: "b", outcome: "rang" as const }],
  };

  it("go to the store together, a moment later", async () => {
    const { reputation, clock, batches, callerId } = open();
    reputation.placed(callerId);
    reputation.ended(callerId, rang, from);
    expect(batches).toEqual([]);
    clock.advance(20);
    await reputation.settled();
    const ref = { range: "block", hash: `hash of ${callerId.code}` };
    expect(batches).toEqual([
      [
        { what: "attempt", ...ref },
        { what: "rang", trunk: "b", ...ref, prefix: "hash of 01", app: "shop", rangeSize: 100 },
      ],
    ]);
  });

  it("tell of each trunk that was tried; only the last one's call can have rung", async () => {
    const { reputation, batches, callerId } = open();
    const attempts = [
      { trunk: "a", outcome: "barred" as const },
      { trunk: "b", outcome: "congestion" as const },
      { trunk: "c", outcome: "rang" as const },
    ];
    reputation.ended(callerId, { alerted: true, sipStatus: 487, networkBlocked: false, attempts }, from);
    await reputation.settled();
    expect(batches.flat().map((note) => [note.what, "trunk" in note && note.trunk])).toEqual([
      ["silent", "a"],
      ["rang", "c"],
    ]);
  });

  it("are lost where the store is away, sent once, and disturb nobody", async () => {
    let sent = 0;
    const { reputation, clock, callerId } = open({
      note: async () => {
        sent++;
        throw new Error("away");
      },
    });
    reputation.placed(callerId);
    clock.advance(20);
    await reputation.settled();
    clock.advance(60_000);
    await reputation.settled();
    expect(sent).toBe(1);
  });

  it("wait up to a bound while the store is slow; what is beyond is told as lost", async () => {
    let answer: (cooldowns: readonly CooldownBegun[]) => void = () => undefined;
    let taken = 0;
    const { reputation, clock, callerId, log } = open({
      note: (notes) => {
        taken += notes.length;
        if (taken > 1) return Promise.resolve([]);
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    reputation.placed(callerId);
    clock.advance(20);
    await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 10_500; i++) reputation.placed(callerId);
    answer([]);
    await reputation.settled();
    expect(taken).toBe(10_001);
    expect(log()).toContain('"lost":500');
  });

  it("go on after all were handed over before their time came", async () => {
    const { reputation, clock, batches, callerId } = open();
    reputation.placed(callerId);
    await reputation.settled();
    clock.advance(20);
    reputation.placed(callerId);
    clock.advance(20);
    await reputation.settled();
    expect(batches.map((notes) => notes.length)).toEqual([1, 1]);
  });

  it("that begin a rest are told by range and reason", async () => {
    const rested = { range: "block", trunk: "a", reason: "flagged" as const };
    const { reputation, events, log, callerId } = open({ note: async () => [rested] });
    reputation.placed(callerId);
    await reputation.settled();
    expect(events).toEqual([{ type: "caller_id.cooldown", ...rested }]);
    expect(log()).toContain('"reason":"flagged"');
    expect(log()).not.toContain(callerId.number);
  });
});

it("the state of each range comes with its size", async () => {
  const { reputation } = open({ status: async () => [{ range: "block", unavailable: 7, coolingDown: 3 }] });
  expect(await reputation.status()).toEqual([{ range: "block", unavailable: 7, coolingDown: 3, size: 100 }]);
});
