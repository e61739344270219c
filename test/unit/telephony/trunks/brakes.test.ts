import pino from "pino";
import { describe, expect, it } from "vitest";
import { createBrakes } from "../../../../src/telephony/trunks/brakes.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { noLimits } from "../../../support/patient-routing.ts";

const good = "+4474001";
const bad = "+8835100";

function setting(changed: Partial<(typeof noLimits)["brake"]> = {}) {
  const clock = new ManualClock();
  const log: { msg: string; braked?: string; reason?: string }[] = [];
  const brakes = createBrakes({
    rules: { ...noLimits.brake, ...changed },
    clock,
    logger: pino({ base: null }, { write: (line) => void log.push(JSON.parse(line)) }),
  });
  let number = 0;
  return {
    ...{ brakes, clock, log },
    calls(
      count: number,
      prefix: string,
      how: "answered" | "false" | "rang" = "answered",
      app = "shop",
      callee?: string,
    ) {
      for (let call = 0; call < count; call++) {
        const answered = how !== "rang";
        brakes.ended({ app, prefix, callee: callee ?? `${prefix}${number++}`, answered, falseAnswer: how === "false" });
      }
    },
  };
}

describe("300 starts to numbers that answer at once", () => {
  it("are braked after the sample, and go on at one in trickle_ms", () => {
    const { brakes, calls, clock, log } = setting();
    let admitted = 0;
    for (let start = 0; start < 300; start++) {
      if (brakes.admit("shop", bad) !== null) continue;
      admitted++;
      calls(1, bad);
    }
    expect(admitted).toBe(31);
    expect(log).toMatchObject([{ msg: "calls are braked", braked: `prefix ${bad}`, reason: "answered" }]);
    expect(brakes.admit("shop", bad)).toBe(10_000);
    clock.pass(10_000);
    expect([brakes.admit("bank", bad), brakes.admit("bank", bad)]).toEqual([null, 10_000]);
  });

  it("do not touch other prefixes of the app, nor other apps", () => {
    const { brakes, calls } = setting();
    calls(300, bad);
    expect(brakes.braked()).toEqual([{ kind: "prefix", name: bad, reason: "answered" }]);
    for (let start = 0; start < 100; start++) expect(brakes.admit("shop", good)).toBeNull();
  });

  it("over many prefixes brake the app, and no other", () => {
    const { brakes, calls } = setting();
    for (let prefix = 0; prefix < 40; prefix++) calls(1, `+88351${prefix}`);
    expect(brakes.braked()).toEqual([{ kind: "app", name: "shop", reason: "answered" }]);
    brakes.admit("shop", good);
    expect(brakes.admit("shop", good)).toBe(10_000);
    expect(brakes.admit("bank", good)).toBeNull();
  });
});

describe("a brake", () => {
  it("is not reached by a few phones that answer again and again", () => {
    const { brakes, calls } = setting();
    calls(300, good, "answered", "shop", "+447400123456");
    expect(brakes.braked()).toEqual([]);
  });

  it("is not reached by a usual share of answers, or below the sample", () => {
    const { brakes, calls } = setting();
    calls(29, bad);
    for (let call = 0; call < 200; call++) calls(1, good, call % 10 === 0 ? "answered" : "rang");
    expect(brakes.braked()).toEqual([]);
  });

  it("comes for false answers at a lower share", () => {
    const { brakes, calls } = setting();
    for (let call = 0; call < 60; call++) calls(1, bad, call % 3 === 0 ? "false" : "rang");
    expect(brakes.braked()).toEqual([{ kind: "prefix", name: bad, reason: "false_answer" }]);
  });

  it("comes for codes that nobody checks where the operator says so, for that app alone", () => {
    const { brakes } = setting({ unchecked_percent: 90 });
    for (let ended = 0; ended < 40; ended++) {
      brakes.verificationEnded("shop", ended % 20 === 0);
      brakes.verificationEnded("bank", ended % 3 !== 0);
    }
    expect(brakes.braked()).toEqual([{ kind: "app", name: "shop", reason: "unchecked" }]);
  });

  it("is released by calls that go well, and by time", () => {
    const { brakes, calls, clock, log } = setting();
    calls(40, bad);
    calls(60, bad, "rang");
    expect(brakes.braked()).toEqual([]);
    calls(200, bad);
    expect(brakes.braked()).toHaveLength(1);
    clock.pass(4 * 3_600_000);
    expect(brakes.braked()).toEqual([]);
    expect(log.map(({ msg }) => msg)).toEqual([
      ...["calls are braked", "calls are no longer braked", "calls are braked", "calls are no longer braked"],
    ]);
  });

  it("forgets what was seen longest ago, so that a flood of prefixes does not fill the memory", () => {
    const { brakes, calls } = setting();
    calls(40, bad);
    for (let prefix = 0; prefix < 3000; prefix++) calls(1, `+1${prefix}`, "rang");
    expect(brakes.braked()).toEqual([]);
  });
});
