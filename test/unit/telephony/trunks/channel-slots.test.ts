import { describe, expect, it } from "vitest";
import type { AsteriskConfig } from "../../../../src/telephony/asterisk/config.ts";
import type { Outcome } from "../../../../src/telephony/calls/outcome.ts";
import type { CallResult } from "../../../../src/telephony/calls/ports.ts";
import { endedCall, triedPath } from "../../../../src/telephony/calls/trunk-verdict.ts";
import type { ReserveRequest, TrunkPath } from "../../../../src/telephony/trunks/admission-port.ts";
import type { ChannelSlot, EndedCall } from "../../../../src/telephony/trunks/slots-port.ts";
import { telephonyConfig } from "../telephony-config.ts";
import { bare, linesWith, plus } from "./channel-slots-setting.ts";

describe("taking a slot", () => {
  it("says until when its call may be placed, counted from before Redis was asked", async () => {
    const { slots, clock } = linesWith({
      admission: {
        async reserve() {
          clock.freeze(700);
          return { kind: "taken", path: 0, waitMs: 2000 };
        },
      },
    });
    expect(await slots.reserve("+447700900123", "shop")).toMatchObject({
      originateByMs: clock.nowMs() - 700 + 2000 + 3000,
    });
  });

  it("offers the usable paths with their limits, in order, and gives what was taken", async () => {
    const { slots, asked } = linesWith({});
    expect(await slots.reserve("+447700900123", "shop")).toMatchObject({ ...plus, ranges: ["block"], waitMs: 7 });
    expect(asked).toMatchObject([
      {
        leaseMs: 32_000,
        maxWaitMs: 2000,
        paths: [{ ...plus, trunkLimits: { callsPerSecond: 10, maxConcurrentCalls: 100 } }, bare],
      },
    ]);
  });

  it("for some ranges takes a trunk that presents one of them, and gives those alone", async () => {
    const { slots, asked, released } = linesWith({});
    const slot = await slots.reserve("+447700900123", "shop", undefined, ["list", "elsewhere"]);
    expect(slot).toMatchObject({ ...bare, ranges: ["list"] });
    expect(asked[0]?.paths).toMatchObject([bare]);
    await slots.release(slot as ChannelSlot);
    expect(released).toEqual([[(slot as ChannelSlot).leaseId, "unused"]]);
    expect(await slots.reserve("+447700900123", "shop", undefined, ["elsewhere"])).toEqual({
      none: "no_route",
      retryAfterMs: null,
    });
  });

  it("leaves out what is down", async () => {
    const { slots, asked } = linesWith({ down: ["plus"] });
    expect(await slots.reserve("+447700900123", "shop")).toMatchObject(bare);
    expect(asked[0]?.paths).toHaveLength(1);
  });

  it("says why there is none", async () => {
    expect(await linesWith({}).slots.reserve("+999123", "shop")).toEqual({ none: "no_route", retryAfterMs: null });
    const away = { none: "telephony_unavailable", retryAfterMs: 5000 };
    expect(await linesWith({ connected: false }).slots.reserve("+44", "shop")).toEqual(away);
    expect(await linesWith({ down: ["plus", "bare"] }).slots.reserve("+44", "shop")).toEqual(away);
    const out = linesWith({ admission: { reserve: async () => ({ kind: "out_of_service" }) } });
    expect(await out.slots.reserve("+44", "shop")).toEqual(away);
    const full = linesWith({ admission: { reserve: async () => ({ kind: "full", retryAfterMs: 300 }) } });
    expect(await full.slots.reserve("+44", "shop")).toEqual({ none: "capacity", retryAfterMs: 300 });
  });

  it("is refused while the calls of all gateways cannot be counted", async () => {
    const { slots } = linesWith({ admission: { reserve: () => Promise.reject(new Error("no Redis")) } });
    await expect(slots.reserve("+44", "shop")).rejects.toThrow("no Redis");
  });

  it("gives back, and does not mind when that fails: the lease ends by itself", async () => {
    const { slots, released } = linesWith({});
    const slot = await slots.reserve("+44", "shop");
    if ("none" in slot) throw new Error("no slot");
    await slots.release(slot);
    expect(released).toEqual([[slot.leaseId, "unused"]]);
    const broken = linesWith({ admission: { settle: () => Promise.reject(new Error("no Redis")) } });
    await broken.slots.release(slot);
  });
});

describe("a slot whose call ended while Redis was away", () => {
  const over: EndedCall = {
    ...{ verdict: "good", answered: false, falseAnswer: false, wanted: false, rangMs: null, retryAfterMs: 0 },
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  /** Redis is away until it is told otherwise; then it has what was reported. */
  async function ending(calls: number) {
    const [reported, redis] = [[] as string[], { away: true, asked: 0 }];
    const setting = linesWith({
      admission: {
        async settle({ leaseId }, event) {
          redis.asked += 1;
          if (redis.away) throw new Error("no Redis");
          reported.push(`${leaseId} ${event}`);
        },
      },
    });
    const ids: string[] = [];
    for (let call = 0; call < calls; call++) {
      const slot = await setting.slots.reserve("+447700900123", "shop");
      if ("none" in slot) throw new Error("no slot");
      ids.push(slot.leaseId);
      setting.slots.alerted(slot);
      await setting.slots.callEnded(slot, over);
    }
    return { ...setting, ids, redis, reported };
  }

  it("is free once Redis is back, not only when its lease ends: after a failover trunks were full of calls that were over", async () => {
    const { clock, ids, redis, reported } = await ending(100);
    const before = redis.asked;
    for (let second = 0; second < 10; second++) {
      clock.advance(1000);
      await settled();
    }
    // While it is away one of them asks.
    expect(redis.asked - before).toBe(10);
    redis.away = false;
    clock.advance(1000);
    await settled();
    expect(reported.sort()).toEqual(ids.map((id) => `${id} ended`).sort());
    expect(clock.pending).toBe(0);
  });

  it("is free all the same where the clock was set forward meanwhile: it was forgotten at once", async () => {
    const { clock, ids, redis, reported } = await ending(3);
    clock.set(3_600_000);
    clock.advance(1000);
    await settled();
    redis.away = false;
    clock.advance(1000);
    await settled();
    expect(reported.sort()).toEqual(ids.map((id) => `${id} ended`).sort());
  });

  it("is left to its lease after a minute, and where the gateway stops", async () => {
    const { clock, redis, reported } = await ending(3);
    for (let second = 0; second < 61; second++) {
      clock.advance(1000);
      await settled();
    }
    redis.away = false;
    clock.advance(1000);
    await settled();
    expect([reported, clock.pending]).toEqual([[], 0]);
    const stopping = await ending(1);
    stopping.slots.stop();
    expect(stopping.clock.pending).toBe(0);
  });
});

describe("taking another slot after one failed", () => {
  const second: TrunkPath = { trunk: "plus", asterisk: "second" };
  const paths = [plus, second, bare];
  const tried = (outcome: "trunk_down" | "congestion") => [triedPath({ ...plus, outcome })];

  it("asks another carrier where this one spoke, and the same through another Asterisk where it was not reached", async () => {
    const spoke = linesWith({ paths });
    await spoke.slots.reserveAnother("+44", "block", tried("congestion"), "shop");
    expect(spoke.asked[0]?.paths).toMatchObject([bare]);
    const { main } = telephonyConfig().asterisks;
    const unreached = linesWith({ paths, asterisks: main ? { main, second: main } : {} });
    await unreached.slots.reserveAnother("+44", "block", tried("trunk_down"), "shop");
    expect(unreached.asked[0]?.paths).toMatchObject([second, bare]);
  });

  it("wants a trunk that may present the caller ID", async () => {
    const { slots, asked } = linesWith({ paths });
    await slots.reserveAnother("+44", "list", tried("congestion"), "shop");
    expect(asked[0]?.paths).toMatchObject([bare]);
    expect(await slots.reserveAnother("+44", "nobody's", tried("congestion"), "shop")).toMatchObject({
      none: "telephony_unavailable",
    });
  });
});

describe("the state of paths", () => {
  it("is told for each", () => {
    const breaker = { state: "closed", retryAtMs: null, openPrefixes: 0 };
    expect(linesWith({ down: ["plus"] }).slots.paths()).toEqual([
      { ...plus, usable: false, reachable: false, why: "gone", breaker },
      { ...bare, usable: true, reachable: true, why: "up", breaker },
    ]);
    const away = linesWith({ connected: false }).slots.paths()[0];
    expect(away).toMatchObject({ trunk: "plus", usable: false, why: "Asterisk main is not connected" });
  });
});

describe("a call that is to be answered", () => {
  const needs = { canServe: (asterisk: string) => asterisk === "second", longestCallMs: 130_000 };
  const onSecond: TrunkPath = { trunk: "bare", asterisk: "second" };
  const { main } = telephonyConfig().asterisks;
  const asterisks = { main: main as AsteriskConfig, second: main as AsteriskConfig };

  it("gets a slot through an Asterisk that can serve it, held for as long as it may take", async () => {
    const { slots, asked } = linesWith({ paths: [plus, onSecond], asterisks });
    expect(await slots.reserve("+447700900123", "shop", needs)).toMatchObject(onSecond);
    expect(asked).toMatchObject([{ leaseMs: 130_000, paths: [onSecond] }]);
    expect(await slots.reserveAnother("+447700900123", "block", [], "shop", needs)).toMatchObject(onSecond);
  });

  it("gets none where no Asterisk can", async () => {
    const { slots } = linesWith({ paths: [plus, bare] });
    expect(await slots.reserve("+447700900123", "shop", needs)).toMatchObject({ none: "telephony_unavailable" });
  });

  const answeredAtOnce = { verdict: "good", answered: true, falseAnswer: true, rangMs: null, retryAfterMs: 0 } as const;
  it.each([true, false])(
    "counts for answered_per_day, and for the brakes only where not wanted: %s",
    async (wanted) => {
      const { slots, released, brakes } = linesWith({ braking: true });
      for (let call = 0; call < 6; call++) {
        const slot = await slots.reserve(`+44770090012${call}`, "shop");
        if ("none" in slot) break;
        await slots.callEnded(slot, { ...answeredAtOnce, wanted });
      }
      expect(brakes.braked().some(({ reason }) => reason === "answered")).toBe(!wanted);
      expect(released.every(([, event]) => event === "answered")).toBe(true);
      const next = await slots.reserve("+447700900129", "shop");
      expect("none" in next ? next.none : "taken").toBe(wanted ? "taken" : "braked");
    },
  );
});

describe("a call that gives way to others", () => {
  const needs = { canServe: () => true, longestCallMs: 15_000, sparePercent: 50 };

  it("sees half of the slots of trunk and Asterisk, the same calls a second, and waits half a second at most", async () => {
    const { slots, asked } = linesWith({});
    await slots.reserve("+447700900123", "shop");
    await slots.reserve("+447700900123", "shop", needs);
    const [plain, spare] = asked;
    const of = (request: ReserveRequest | undefined) => request?.paths[0];
    expect(of(spare)?.trunkLimits).toEqual({
      callsPerSecond: of(plain)?.trunkLimits.callsPerSecond,
      maxConcurrentCalls: Math.floor((of(plain)?.trunkLimits.maxConcurrentCalls ?? 0) / 2),
    });
    expect(of(spare)?.asteriskLimits.maxConcurrentCalls).toBe(
      Math.floor((of(plain)?.asteriskLimits.maxConcurrentCalls ?? 0) / 2),
    );
    expect([spare?.maxWaitMs, spare?.leaseMs]).toEqual([Math.min(500, plain?.maxWaitMs ?? 0), 15_000]);
  });

  it("of a trunk with one slot it gets none", async () => {
    const { slots, asked } = linesWith({});
    await slots.reserve("+447700900123", "shop", { ...needs, sparePercent: 1 });
    for (const path of asked[0]?.paths ?? []) expect(path.trunkLimits.maxConcurrentCalls).toBeLessThanOrEqual(1);
  });
});

describe("a trunk that fails", () => {
  const ended = (outcome: Outcome, endedBy: CallResult["endedBy"] = "far_end"): EndedCall =>
    endedCall({
      ...{ outcome, alerted: false, postDialDelayMs: null, ringMs: null, sipStatus: null, q850Cause: null },
      ...{ endedBy, source: "sip", falseAnswer: false, silent: false, inviteOver: true, attempts: [] },
      ...{ progress: false, networkBlocked: false, redressUrl: null },
    });
  const taken = async (slots: ReturnType<typeof linesWith>["slots"]): Promise<ChannelSlot> => {
    const slot = await slots.reserve("+447700900123", "shop");
    if ("none" in slot) throw new Error(slot.none);
    return slot;
  };

  it("is left alone, tried with one call at a time, and used again", async () => {
    const { slots, clock } = linesWith({});
    for (let failure = 0; failure < 2; failure++)
      await slots.callEnded(await taken(slots), ended("trunk_down", "unknown"));
    expect(await taken(slots)).toMatchObject(bare);
    expect(slots.paths()[0]).toMatchObject({
      trunk: "plus",
      usable: false,
      why: expect.stringContaining("circuit open"),
    });

    clock.pass(10_000);
    const probe = await taken(slots);
    expect([probe.trunk, (await taken(slots)).trunk]).toEqual(["plus", "bare"]);
    await slots.callEnded(probe, ended("busy"));
    expect((await taken(slots)).trunk).toBe("plus");
    expect(slots.paths()[0]).toMatchObject({ usable: true, why: "up" });
  });

  it("gets one probe, though two calls asked at the same time", async () => {
    const { slots, clock } = linesWith({});
    for (let failure = 0; failure < 2; failure++)
      await slots.callEnded(await taken(slots), ended("trunk_down", "unknown"));
    clock.pass(10_000);
    const both = await Promise.all([taken(slots), taken(slots)]);
    expect(both.map(({ trunk }) => trunk).sort()).toEqual(["bare", "plus"]);
  });

  it("is not judged by slots that were given back", async () => {
    const { slots } = linesWith({});
    for (let i = 0; i < 10; i++) await slots.release(await taken(slots));
    expect((await taken(slots)).trunk).toBe("plus");
  });

  it("is not used for the callee prefix of which no call was good, and goes on for all others", async () => {
    const { slots } = linesWith({});
    for (let failure = 0; failure < 2; failure++) await slots.callEnded(await taken(slots), ended("congestion"));
    expect(await taken(slots)).toMatchObject(bare);
    expect(await slots.reserve("+33639981234", "shop")).toMatchObject(plus);
    expect(slots.paths()[0]).toMatchObject({ usable: true, breaker: { state: "closed", openPrefixes: 1 } });
  });

  it("counts as reachable though its circuit is open: breakers alone make no gateway unready", async () => {
    const { slots } = linesWith({});
    for (let failure = 0; failure < 2; failure++) {
      await slots.callEnded(await taken(slots), ended("trunk_down", "unknown"));
    }
    expect(slots.paths()[0]).toMatchObject({ usable: false, reachable: true });
  });

  it("did its work once the phone rings, whatever the call ends with", async () => {
    const { slots, released } = linesWith({});
    for (let call = 0; call < 5; call++) {
      const slot = await taken(slots);
      slots.alerted(slot);
      await slots.callEnded(slot, ended("congestion"));
    }
    expect(released.slice(0, 2).map(([, event]) => event)).toEqual(["alerted", "ended"]);
    expect(await taken(slots)).toMatchObject(plus);
  });
});

describe("an app", () => {
  it("that reached a limit of its own is told which, and when to try again", async () => {
    const { slots } = linesWith({
      admission: { reserve: async () => ({ kind: "limited", limit: "app_calls_per_day", retryAfterMs: 900 }) },
    });
    expect(await slots.reserve("+44", "shop")).toEqual({
      ...{ none: "app_limit", limit: "app_calls_per_day", retryAfterMs: 900 },
    });
  });

  it("counts once for a call that goes on to another trunk", async () => {
    const { slots, asked } = linesWith({});
    await slots.reserve("+447700900123", "shop");
    await slots.reserveAnother("+447700900123", "block", [], "shop");
    expect(asked.map(({ caller }) => [caller.app, caller.prefix, caller.isNext])).toEqual([
      ["shop", "+4477009", false],
      ["shop", "+4477009", true],
    ]);
  });
});
