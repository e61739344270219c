/** The judges of calls find what they are there for: chaos that finds nothing shows something only then. */
import { describe, expect, test } from "vitest";
import type { Verification } from "./app.ts";
import { ChaosCall } from "./kills/chaos-call.ts";
import { judgeCall } from "./kills/judge.ts";
import { judgeRinging, judgeRingingBesideAsterisk } from "./kills/ringing.ts";
import type { PhoneCall } from "./phones.ts";

const verification: Verification = {
  ...{ id: "v1", status: "pending", reason: null },
  ...{ createdAtMs: 0, expiresAtMs: 30_000, endedAtMs: null },
};
/** Rang for a second, as it should. */
const phone: PhoneCall = {
  ...{ callee: "+447400140000", callerId: "+447700900001" },
  ...{ invitedAtMs: 1000, alertedAtMs: 1100, canceledAtMs: 2100, endedAtMs: 2110 },
};

/** A phone that rang when its gateway was struck, and whose digits were typed afterwards. */
function struck(own: Partial<ChaosCall> = {}): ChaosCall {
  const { victim = "gateway", harm = "kill", state = "ringing", ...seen } = own;
  const call = new ChaosCall({ victim, harm, state, callee: phone.callee, typesAfterwards: true });
  return Object.assign(call, {
    ...{ verification, statusBefore: "ringing", struckAtMs: 1500, mendedAtMs: 1700, readyAtMs: 2500 },
    ...{ end: "verified", typed: "verified", timesVerified: 1 },
    ...seen,
  });
}

function found(call: ChaosCall, phoneCalls: readonly PhoneCall[]): string {
  judgeCall(call, phoneCalls);
  return call.violations.join("; ");
}

describe("the judge of a call whose gateway, carrier or Redis was struck", () => {
  test("has nothing against what should be", () => {
    expect(found(struck(), [phone])).toBe("");
    expect(found(struck({ typed: "not_typed", timesVerified: 0, end: "expired" }), [phone])).toBe("");
  });

  test("finds a phone that rang twice, or was called while an earlier INVITE had no end", () => {
    const second = { ...phone, invitedAtMs: 5000, alertedAtMs: 5100, canceledAtMs: 6100, endedAtMs: 6110 };
    expect(found(struck(), [phone, second])).toMatch(/rang 2 times/);
    const silent = { ...phone, alertedAtMs: null, canceledAtMs: null, endedAtMs: null };
    expect(found(struck(), [silent, { ...phone, invitedAtMs: 1050 }])).toMatch(/an earlier INVITE had no end/);
    // A carrier that was congested before another was asked.
    expect(found(struck({ state: "failing_over" }), [{ ...silent, invitedAtMs: 400, endedAtMs: 900 }, phone])).toBe("");
  });

  test("finds digits that a phone showed and the gateway called wrong, and ones that verified twice", () => {
    expect(found(struck({ timesWrong: 1 }), [phone])).toMatch(/called wrong/);
    expect(found(struck({ timesVerified: 2 }), [phone])).toMatch(/verified 2 times/);
  });

  test("finds a call that read as ringing without a phone, and one that had rung and was given up", () => {
    expect(found(struck(), [])).toMatch(/the phone never rang/);
    const givenUp = struck({ typed: "not_typed", timesVerified: 0, end: "undeliverable" });
    expect(found(givenUp, [phone])).toMatch(/ended as undeliverable/);
    // Half a code, which the death of its gateway takes away.
    const half = struck({ state: "between_calls", typed: "not_typed", timesVerified: 0, end: "undeliverable" });
    expect(found(half, [phone])).toBe("");
  });
});

describe("the judge of ringing", () => {
  const rings = { ...phone, canceledAtMs: null, endedAtMs: null };

  test("finds a phone that rings on, whatever was killed", () => {
    for (const victim of ["gateway", "carrier", "redis"] as const) {
      const call = struck({ victim });
      judgeRinging(call, [rings], 2);
      expect(call.violations.join()).toMatch(/rings on/);
    }
    for (const victim of ["gateway", "redis"] as const) {
      const call = struck({ victim });
      judgeRingingBesideAsterisk(call, [rings]);
      expect(call.violations.join()).toMatch(/rings on/);
    }
  });

  test("excuses no phone because its gateway was killed or frozen as it sent the INVITE", () => {
    const at = (harm: "kill" | "freeze", struckAtMs: number, canceledAtMs: number | null) => {
      const call = struck({ harm, struckAtMs, mendedAtMs: 9000, readyAtMs: 9500 });
      judgeRinging(call, [{ ...rings, canceledAtMs }], 2);
      return call.violations.length;
    };
    for (const harm of ["kill", "freeze"] as const) {
      for (const struckAtMs of [1005, 1500]) {
        expect(at(harm, struckAtMs, null)).toBe(1);
        expect(at(harm, struckAtMs, struckAtMs + 9000)).toBe(1);
        expect(at(harm, struckAtMs, struckAtMs + 5000)).toBe(0);
      }
    }
  });

  test("leaves a phone to the carrier only where its Asterisk was killed while it rang", () => {
    const killed = struck({ victim: "asterisk" });
    judgeRingingBesideAsterisk(killed, [rings]);
    expect(killed.violations).toEqual([]);
    const frozen = struck({ victim: "asterisk", harm: "freeze" });
    judgeRingingBesideAsterisk(frozen, [rings]);
    expect(frozen.violations.join()).toMatch(/rings on/);
  });

  test("finds a phone that rang for longer than Asterisk's own timeout, or than the ring time without Redis", () => {
    const late = { ...phone, canceledAtMs: 14_500, endedAtMs: 14_510 };
    const ofGateway = struck();
    judgeRingingBesideAsterisk(ofGateway, [late]);
    expect(ofGateway.violations.join()).toMatch(/500 ms too long/);
    const ofRedis = struck({ victim: "redis" });
    judgeRingingBesideAsterisk(ofRedis, [late]);
    expect(ofRedis.violations.join()).toMatch(/9400 ms too long/);
  });
});
