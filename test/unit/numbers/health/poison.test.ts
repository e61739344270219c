/** One bad trunk, or one app, cannot poison numbers: through the writer, with all that was learned before. */
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createNumberHealth } from "../../../../src/numbers/health/index.ts";
import type { AnswerKind, HealthObserver } from "../../../../src/numbers/health/ports.ts";
import type { Clock } from "../../../../src/shared/clock.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { memoryHealthStore, noHealthObserver } from "../../../support/memory-health-store.ts";
import { testConfig } from "../../../support/test-config.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const config = testConfig().number_health;

function world(observer: Partial<HealthObserver> = {}) {
  const clock = new ManualClock(Date.UTC(2026, 4, 1, 10));
  const store = memoryHealthStore(clock);
  const health = createNumberHealth({
    ...{
      config: () => config,
      hmacKey: "a key of these tests, of 32 characters and more",
      store,
      clock: clock as Clock,
    },
    ...{ actionOf: () => "refuse", channelOf: () => undefined },
    ...{ observer: { ...noHealthObserver, ...observer }, logger: pino({ level: "silent" }) },
  });
  /** A call: what each trunk that was asked said. */
  function call(to: string, answers: Readonly<Record<string, AnswerKind>>, app = "shop") {
    health.observe({
      ...{ to, app, atMs: clock.nowMs(), source: "call" },
      answers: Object.entries(answers).map(([via, kind]) => ({ via, kind })),
    });
  }
  const stateOf = async (to: string, app = "shop") => (await health.of(to, app))?.state ?? null;
  return { clock, store, health, call, stateOf };
}

const number = (i: number) => `+4474001${String(i).padStart(5, "0")}`;

describe("a trunk that has no route, and says 404 of every number", () => {
  it("makes none unallocated, though apps try for days, and none once it is repaired", async () => {
    const { clock, health, call, stateOf } = world();
    const numbers = Array.from({ length: 60 }, (_, i) => number(i));
    for (let day = 0; day < 3; day++) {
      for (const to of numbers) for (const app of ["shop", "bank"]) call(to, { bad: "unallocated" }, app);
      await health.flush();
      clock.advance(dayMs);
    }
    expect(await Promise.all(numbers.map((to) => stateOf(to)))).toEqual(numbers.map(() => null));
    clock.advance(7 * dayMs);
    for (const to of numbers) call(to, { good: "unallocated" });
    await health.flush();
    expect(await stateOf(number(50))).toBeNull();
  });

  it("makes none unallocated in the range that it lost, though it works elsewhere", async () => {
    const { clock, health, call, stateOf } = world();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 200; i++) call(`+49151${String(i).padStart(8, "0")}`, { bad: "alive" });
      for (let i = 0; i < 20; i++) for (const app of ["shop", "bank"]) call(number(i), { bad: "unallocated" }, app);
      await health.flush();
      clock.advance(7 * hourMs);
    }
    expect(await Promise.all([0, 7, 19].map((i) => stateOf(number(i))))).toEqual([null, null, null]);
  });

  it("is wrong where another trunk reaches the phone in the same call: then its word counts for nothing", async () => {
    const disbelieved: AnswerKind[] = [];
    const { health, call, stateOf } = world({ disbelieved: (kind) => void disbelieved.push(kind) });
    for (let i = 0; i < 40; i++) call(number(i), i < 8 ? { bad: "unallocated", good: "alive" } : { bad: "alive" });
    await health.flush();
    call(number(100), { bad: "unallocated", good: "unallocated" });
    await health.flush();
    expect(await stateOf(number(100))).toBeNull();
    expect(disbelieved).toHaveLength(9);
    expect(await stateOf(number(0))).toBe("reachable");
  });
});

describe("a good trunk", () => {
  it("that reaches others in the range confirms itself by a second answer, later and for another app", async () => {
    const { clock, health, call, stateOf } = world();
    const known = async () => {
      for (let i = 0; i < 30; i++) call(number(i), { good: "alive" });
      await health.flush();
    };
    await known();
    call(number(77), { good: "unallocated" });
    await health.flush();
    clock.advance(7 * hourMs);
    await known();
    expect(await stateOf(number(77))).toBeNull();
    call(number(77), { good: "unallocated" }, "bank");
    await health.flush();
    expect(await stateOf(number(77))).toBe("unallocated");
    expect(await stateOf(number(77), "game")).toBe("unallocated");
  });

  it("an app that calls one number again and again teaches once, of others too", async () => {
    const { clock, health, call, stateOf } = world();
    for (let i = 0; i < 30; i++) call(number(i), { good: "alive" });
    for (let round = 0; round < 10; round++) {
      call(number(77), { good: "unallocated" }, "bad-app");
      await health.flush();
      clock.advance(10 * 60_000);
    }
    expect(await stateOf(number(77), "bad-app")).toBeNull();
    clock.advance(dayMs);
    for (let i = 0; i < 30; i++) call(number(i), { good: "alive" });
    call(number(77), { good: "unallocated" }, "bad-app");
    await health.flush();
    // Its own evidence is its own harm.
    expect(await stateOf(number(77), "bad-app")).toBe("unallocated");
    expect(await stateOf(number(77), "shop")).toBeNull();
  });
});

describe("a good trunk that is only asked after another one's 404", () => {
  it("is believed, though all that it hears of is unallocated", async () => {
    const { health, call, stateOf } = world();
    for (let i = 0; i < 400; i++)
      call(number(i), i % 5 ? { first: "alive" } : { first: "unallocated", second: "unallocated" });
    await health.flush();
    call(number(500), { first: "unallocated", second: "unallocated" });
    await health.flush();
    expect(await stateOf(number(500))).toBe("unallocated");
  });
});

describe("a trunk that answers for every number", () => {
  it("makes none one that answers early", async () => {
    const { health, call, stateOf } = world();
    for (let i = 0; i < 60; i++) call(number(i), { fas: "answered_early" });
    await health.flush();
    for (let i = 40; i < 60; i++) call(number(i), { fas: "answered_early", good: "answered_early" });
    await health.flush();
    expect(await stateOf(number(50))).toBeNull();
  });
});

describe("the store", () => {
  it("that is away stops nothing: nothing is known, and what was learned meanwhile is counted as lost", async () => {
    const lost: number[] = [];
    const { store, health, call, stateOf } = world({ lost: (count) => void lost.push(count) });
    const away = () => Promise.reject(new Error("away"));
    Object.assign(store, { count: away, read: away });
    call(number(1), { good: "alive" });
    await health.flush();
    expect(lost).toEqual([1]);
    expect(await stateOf(number(1))).toBeNull();
  });

  it("has no number in it", async () => {
    const { store, health, call } = world();
    call(number(1), { first: "unallocated", second: "unallocated" });
    await health.flush();
    expect(store.kept.size).toBe(1);
    expect(JSON.stringify([...store.kept])).not.toMatch(/4474001|00001/);
  });
});
