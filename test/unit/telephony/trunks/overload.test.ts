import { describe, expect, it } from "vitest";
import { createOverload } from "../../../../src/telephony/trunks/overload.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const rules = { event_loop_delay_ms: 200, originate_ms: 1000, ring_overrun_ms: 1000 };

function setting() {
  const clock = new ManualClock();
  const logged: string[] = [];
  const state = { delayMs: 5 };
  const note = (_: object, text?: string) => void logged.push(text ?? "");
  const overload = createOverload({
    ...{ rules, clock, eventLoopDelayMs: () => state.delayMs },
    logger: { warn: note as never, info: note as never },
  });
  return {
    ...{ overload, clock, logged, state },
    setDelayMs(delayMs: number): void {
      state.delayMs = delayMs;
    },
    /** One second in which so many calls are asked for; returns how many were admitted. */
    second(asked: number, during: () => void = () => undefined): number {
      let admitted = 0;
      for (let call = 0; call < asked; call++) if (overload.admit() === null) admitted++;
      during();
      clock.pass(1000);
      return admitted;
    },
  };
}

describe("overload", () => {
  it("limits nothing while nothing is late", () => {
    const { second, overload } = setting();
    for (let i = 0; i < 5; i++) expect(second(5000, () => overload.originated(15))).toBe(5000);
    expect(overload.callsPerSecond).toBeNull();
  });

  it.each([
    ["the event loop", (s: ReturnType<typeof setting>) => s.setDelayMs(400)],
    [
      "Asterisk's replies to originates",
      (s: ReturnType<typeof setting>) => {
        for (let i = 0; i < 50; i++) s.overload.originated(3000);
      },
    ],
    [
      "the ends of rings",
      (s: ReturnType<typeof setting>) => {
        for (let i = 0; i < 50; i++) s.overload.rang(i % 2 === 0 ? 5000 : 0);
      },
    ],
    ["calls that were not placed in time", (s: ReturnType<typeof setting>) => s.overload.late()],
  ] as const)("is seen by %s being late: from the second such second on fewer calls are admitted", (_, makeLate) => {
    const one = setting();
    one.second(1000, () => makeLate(one));
    one.second(1000, () => makeLate(one));
    expect(one.second(1000, () => makeLate(one))).toBe(700);
    expect(one.second(1000, () => makeLate(one))).toBe(490);
    expect(one.logged[0]).toBe("overload: fewer calls are admitted");
  });

  it("refuses with the time until the next second", () => {
    const one = setting();
    one.state.delayMs = 400;
    for (let i = 0; i < 2; i++) one.second(100);
    for (let call = 0; call < 70; call++) expect(one.overload.admit()).toBeNull();
    one.clock.pass(300);
    expect(one.overload.admit()).toBe(700);
  });

  it("is one late second at most from a gateway that was paused", () => {
    const one = setting();
    one.second(100);
    one.state.delayMs = 8000;
    one.second(100);
    one.state.delayMs = 5;
    expect(one.second(100)).toBe(100);
  });

  it("is nothing that so few calls can cause: a gateway that starts on a busy machine limits and logs nothing", () => {
    const one = setting();
    one.state.delayMs = 400;
    for (let i = 0; i < 5; i++) expect(one.second(10)).toBe(10);
    expect([one.overload.callsPerSecond, one.logged]).toEqual([null, []]);
    one.second(11);
    expect(one.second(11)).toBe(10);
  });

  it("never goes below ten calls a second, and grows back until it is over", () => {
    const one = setting();
    one.state.delayMs = 400;
    for (let i = 0; i < 30; i++) one.second(1000);
    expect(one.overload.callsPerSecond).toBe(10);
    one.state.delayMs = 5;
    const admitted = Array.from({ length: 60 }, () => one.second(1000));
    expect(admitted).toEqual([...admitted].sort((a, b) => a - b));
    expect(admitted.at(-1)).toBe(1000);
    for (let i = 0; i < 15; i++) one.second(10);
    expect(one.overload.callsPerSecond).toBeNull();
    expect(one.logged.at(-1)).toBe("overload is over");
  });

  it("is over after ten seconds without any call, too", () => {
    const one = setting();
    one.state.delayMs = 400;
    for (let i = 0; i < 5; i++) one.second(1000);
    expect(one.overload.callsPerSecond).not.toBeNull();
    one.state.delayMs = 5;
    one.clock.pass(7000);
    expect(one.second(1000)).toBeLessThan(1000);
    one.second(10);
    one.clock.pass(10_000);
    expect(one.second(1000)).toBe(1000);
  });

  it("settles near what the machine can do (AIMD)", () => {
    const one = setting();
    const capacity = 300;
    const tail: number[] = [];
    for (let i = 0; i < 200; i++) {
      const admitted = one.second(1000);
      one.state.delayMs = admitted > capacity ? 500 : 5;
      if (i > 100) tail.push(admitted);
    }
    const mean = tail.reduce((sum, n) => sum + n, 0) / tail.length;
    expect(mean).toBeGreaterThan(0.7 * capacity);
    expect(mean).toBeLessThan(1.1 * capacity);
  });
});
