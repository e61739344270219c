/** What one app may take of a trunk that others need, on a real Redis, against the rules in plain TypeScript. */
import fc from "fast-check";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import type {
  Admission,
  AdmissionLimits,
  Caller,
  LimitedPath,
  SlotEvent,
} from "../../../src/telephony/trunks/admission-port.ts";
import { anyCaller } from "../../support/any-caller.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
let store: Store;
let admission: Admission;
let number = 0;

beforeAll(async () => {
  store = createStore({
    redis: patientRedis((await runtime.redis()).url),
    reputation: careSettings,
    clock: systemClock,
    logger: pino({ level: "silent" }),
  });
  ({ admission } = store);
  await vi.waitFor(async () => expect(await store.ping()).toBe(true), { timeout: 10_000 });
});
afterAll(() => store.close());

const roomy: AdmissionLimits = { callsPerSecond: 10_000, maxConcurrentCalls: 10_000 };
function pathWith(trunk: Partial<AdmissionLimits>): LimitedPath {
  number += 1;
  const names = { trunk: `fair-${number}`, asterisk: `fair-asterisk-${number}` };
  return { ...names, trunkLimits: { ...roomy, ...trunk }, asteriskLimits: roomy };
}
/** An app that no other test has. */
function appWith(limits: Partial<Caller> = {}): Caller {
  number += 1;
  return { ...anyCaller, app: `app-${number}`, ...limits };
}

interface Taken {
  readonly kind: string;
  readonly limit: string | null;
  readonly waitMs: number;
  settle(event: SlotEvent): Promise<void>;
}
async function take(path: LimitedPath, caller: Caller, maxWaitMs = 0, leaseMs = 30_000): Promise<Taken> {
  number += 1;
  const leaseId = `fair-lease-${number}`;
  const answer = await admission.reserve({ leaseId, leaseMs, maxWaitMs, caller, paths: [path] });
  return {
    kind: answer.kind,
    limit: answer.kind === "limited" ? answer.limit : null,
    waitMs: answer.kind === "taken" ? answer.waitMs : 0,
    settle: (event) => admission.settle({ leaseId, path, caller }, event),
  };
}
async function takeMany(count: number, path: LimitedPath, caller: Caller, maxWaitMs = 0): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  for (let i = 0; i < count; i++) taken.push(await take(path, caller, maxWaitMs));
  return taken;
}
const accepted = (taken: readonly Taken[]) => taken.filter(({ kind }) => kind === "taken").length;

describe("a limit of an app", () => {
  it.each([
    ["calls a second", { app_calls_per_second: 5 }, "app_calls_per_second"],
    ["calls at once", { app_concurrent_calls: 5 }, "app_concurrent_calls"],
    ["calls a day", { app_calls_per_day: 5 }, "app_calls_per_day"],
    ["calls a second to a prefix", { prefix_calls_per_second: 5 }, "prefix_calls_per_second"],
    ["calls at once to a prefix", { prefix_concurrent_calls: 5 }, "prefix_concurrent_calls"],
    ["calls a day to a prefix", { prefix_calls_per_day: 5 }, "prefix_calls_per_day"],
  ] as const)("of %s holds over all trunks, and not for other apps", async (_, limits, limit) => {
    const app = appWith(limits);
    const [one, other] = [pathWith({}), pathWith({})];
    const taken = [...(await takeMany(5, one, app)), ...(await takeMany(1, other, app))];
    expect(accepted(taken)).toBe(5);
    expect(taken.at(-1)?.limit).toBe(limit);
    expect(accepted(await takeMany(6, one, appWith()))).toBe(6);
    const isOfPrefix = limit.startsWith("prefix");
    expect((await take(one, { ...app, prefix: "+3363998" })).kind).toBe(isOfPrefix ? "taken" : "limited");
  });

  it("of answered calls a day counts those only", async () => {
    const app = appWith({ app_answered_per_day: 2 });
    const path = pathWith({});
    for (const event of ["ended", "answered", "ended", "answered"] as const)
      await (await take(path, app)).settle(event);
    expect(await take(path, app)).toMatchObject({ kind: "limited", limit: "app_answered_per_day" });
  });

  it("counts a call once, though it goes on to another trunk", async () => {
    const app = appWith({ app_calls_per_day: 1 });
    const path = pathWith({});
    await (await take(path, app)).settle("ended");
    expect((await take(path, { ...app, isNext: true })).kind).toBe("taken");
  });

  it("is what the model says, whatever is taken, given back and ended in whatever order", async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ type: "take" as const, which: 0 }) },
      ...(["unused", "ended", "answered", "alerted"] as const).map((type) => ({
        weight: 1,
        arbitrary: fc.record({ type: fc.constant(type), which: fc.nat() }),
      })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const app = appWith({ app_concurrent_calls: 3, app_calls_per_day: 9, app_answered_per_day: 2 });
        const path = pathWith({});
        const up: Taken[] = [];
        let [day, answered] = [0, 0];
        for (const { type, which } of steps) {
          if (type === "take") {
            const one = await take(path, app);
            const expected = up.length >= 3 ? "app_concurrent_calls" : day >= 9 ? "app_calls_per_day" : null;
            expect(one.limit).toBe(expected ?? (answered >= 2 ? "app_answered_per_day" : null));
            if (one.kind !== "taken") continue;
            up.push(one);
            day++;
          } else if (up.length > 0) {
            const [one] = type === "alerted" ? [up[which % up.length]] : up.splice(which % up.length, 1);
            await one?.settle(type);
            if (type === "unused") day--;
            if (type === "answered") answered++;
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ["app_concurrent_calls", { app_concurrent_calls: 2 }],
    ["prefix_concurrent_calls", { prefix_concurrent_calls: 2 }],
  ] as const)("%s counts a long call after a shorter one that began later has ended", async (limit, limits) => {
    const app = appWith(limits);
    const path = pathWith({});
    const long = await take(path, app, 0, 30_000);
    expect(accepted([long, await take(path, app, 0, 200)])).toBe(2);
    // The lease of the short one ends, as that of a call whose gateway died.
    const third = await vi.waitFor(async () => {
      const one = await take(path, app);
      expect(one.kind).toBe("taken");
      return one;
    });
    expect(await take(path, app)).toMatchObject({ kind: "limited", limit });
    for (const one of [long, third]) await one.settle("ended");
    expect(accepted(await takeMany(2, path, app))).toBe(2);
  });

  it("is given back whole where no call was placed", async () => {
    const app = appWith({ app_calls_per_second: 1, app_calls_per_day: 1, prefix_calls_per_second: 1 });
    const path = pathWith({ callsPerSecond: 10 });
    for (let refused = 0; refused < 20; refused++) {
      const one = await take(path, app);
      expect([one.kind, one.waitMs]).toEqual(["taken", 0]);
      await one.settle("unused");
    }
  });
});

describe("no fair shares: an app that asks for all of a trunk", () => {
  const sharing = (weight = 1) => appWith({ sharesTrunks: true, weight });

  it("leaves another, which asks for less than its share, its calls a second", async () => {
    const path = pathWith({ callsPerSecond: 50 });
    const [greedy, modest] = [sharing(), sharing()];
    const endMs = performance.now() + 3000;
    const modestAnswers: Taken[] = [];
    let [rounds, greedyAccepted] = [0, 0];
    while (performance.now() < endMs) {
      greedyAccepted += accepted(await takeMany(8, path, greedy, 400));
      // Some 10 a second: a fifth of the trunk.
      if (performance.now() > endMs - 3000 + rounds * 100) {
        modestAnswers.push(await take(path, modest, 400));
        rounds++;
      }
    }
    expect(modestAnswers.length).toBeGreaterThan(20);
    expect(accepted(modestAnswers) / modestAnswers.length).toBeGreaterThanOrEqual(0.95);
    // What is left is not wasted: 50 a second less a fifth, and what waits.
    expect(greedyAccepted).toBeGreaterThan(100);
  });

  it("and another that does too get shares by weight", async () => {
    const path = pathWith({ callsPerSecond: 100 });
    const [light, heavy] = [sharing(1), sharing(3)];
    const endMs = performance.now() + 5000;
    let [lightAccepted, heavyAccepted] = [0, 0];
    while (performance.now() < endMs) {
      lightAccepted += accepted(await takeMany(4, path, light, 200));
      heavyAccepted += accepted(await takeMany(4, path, heavy, 200));
    }
    const share = heavyAccepted / (lightAccepted + heavyAccepted);
    expect(share).toBeGreaterThan(0.62);
    expect(share).toBeLessThan(0.85);
  });

  it("leaves another some of its channel slots, and more and more as its own calls end", async () => {
    const path = pathWith({ maxConcurrentCalls: 40 });
    const [greedy, modest] = [sharing(), sharing()];
    const alerting = async (taken: readonly Taken[]) => {
      for (const one of taken) if (one.kind === "taken") await one.settle("alerted");
      return taken;
    };
    const held: Taken[] = [];
    for (let i = 0; i < 60; i++) {
      const [one] = await alerting(await takeMany(1, path, greedy));
      if (one?.kind === "taken") held.push(one);
    }
    expect(held.length).toBe(36);
    expect(accepted(await alerting(await takeMany(4, path, modest)))).toBe(4);
    for (const one of held.splice(0, 10)) await one.settle("ended");
    expect(accepted(await alerting(await takeMany(4, path, greedy)))).toBeLessThanOrEqual(6);
    expect(accepted(await alerting(await takeMany(6, path, modest)))).toBe(6);
  });

  it("gets the whole trunk where no other app asks", async () => {
    const path = pathWith({ callsPerSecond: 20 });
    const taken = await takeMany(20, path, sharing(), 1000);
    // 1 s of queue less the reserve of a quarter, and the first at once.
    expect(accepted(taken)).toBeGreaterThanOrEqual(15);
  });
});

describe("100-Trying black hole: calls that no phone rings for", () => {
  const hole = (caller: Partial<Caller> = {}) => appWith({ prefix: "+8835100", ...caller });

  it("to one prefix take half of a trunk at most; other prefixes of the same app go on", async () => {
    const path = pathWith({ maxConcurrentCalls: 40 });
    const app = hole();
    expect(accepted(await takeMany(60, path, app))).toBe(20);
    const honest = { ...app, prefix: "+4474001" };
    expect(accepted(await takeMany(9, path, honest))).toBe(9);
  });

  it("are counted no more once the phone rings", async () => {
    const path = pathWith({ maxConcurrentCalls: 40 });
    const app = hole();
    let count = 0;
    for (let i = 0; i < 60; i++) {
      const one = await take(path, app);
      if (one.kind === "taken") count++;
      await one.settle("alerted");
    }
    expect(count).toBe(40);
  });
});
