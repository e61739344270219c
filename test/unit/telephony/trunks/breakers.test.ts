import { describe, expect, it } from "vitest";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { createBreakers } from "../../../../src/telephony/trunks/breakers.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { patientRouting } from "../../../support/patient-routing.ts";

const path = { trunk: "carrier", asterisk: "main" };
const from = (prefix: string, app = "shop") => ({ prefix, app });

function setting(apps = 2) {
  const clock = new ManualClock();
  const breakers = createBreakers({
    ...{ rules: patientRouting.breaker, apps: () => apps, callsPerSecond: () => 10, longestCallMs: 30_000 },
    ...{ clock, random: cryptoRandom },
  });
  return {
    ...{ breakers, clock },
    call(prefix: string, verdict: "good" | "call_failed" | "trunk_failed", app?: string) {
      const call = {};
      breakers.begin(path, call, from(prefix, app), true);
      breakers.end(path, call, verdict);
    },
    isUsable: (prefix: string, isReachable = false) => breakers.state(path, from(prefix), isReachable)?.usable ?? true,
  };
}

describe("breaker poisoning", () => {
  it("a dead prefix is left alone while the trunk goes on, but for one call a second while OPTIONS is answered", () => {
    const { breakers, call, isUsable, clock } = setting();
    for (let i = 0; i < 5; i++) call("+8835100", "call_failed");
    expect([isUsable("+8835100"), isUsable("+4474001")]).toEqual([false, true]);
    expect(breakers.report(path)).toMatchObject({ state: "closed", openPrefixes: 1 });
    expect(isUsable("+8835100", true)).toBe(false);
    clock.pass(1000);
    expect(isUsable("+8835100", true)).toBe(true);
  });

  it("a burst of failures to the prefix of honest callees closes nothing: good calls before it are remembered", () => {
    const { call, isUsable } = setting();
    call("+4474001", "good");
    for (let i = 0; i < 12; i++) call("+4474001", "call_failed", "attacker");
    expect(isUsable("+4474001")).toBe(true);
  });

  it("a call that rings is good at once, not when it ends", () => {
    const { breakers, call, isUsable } = setting();
    const ringing = {};
    breakers.begin(path, ringing, from("+4474001"), true);
    breakers.alerted(path, ringing);
    for (let i = 0; i < 12; i++) call("+4474001", "call_failed");
    expect(isUsable("+4474001")).toBe(true);
    // Its end is not counted a second time.
    breakers.end(path, ringing, "trunk_failed");
    expect(breakers.report(path).state).toBe("closed");
  });

  it("prefixes that fail are remembered up to a bound", () => {
    const { breakers, call } = setting();
    for (let prefix = 0; prefix < 1500; prefix++) for (let i = 0; i < 5; i++) call(`+88${prefix}`, "call_failed");
    expect(breakers.report(path)).toMatchObject({ state: "closed", openPrefixes: 1000 });
  });
});
