import pino from "pino";
import { describe, expect, it } from "vitest";
import type { AsteriskConfig } from "../../../../src/config/schema.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import type { Outcome } from "../../../../src/telephony/calls/outcome.ts";
import type { AttemptResult, Line } from "../../../../src/telephony/calls/ports.ts";
import type { Pacing, TakeRequest, Way } from "../../../../src/telephony/trunks/admission-port.ts";
import { createBreakers } from "../../../../src/telephony/trunks/breakers.ts";
import { createLines } from "../../../../src/telephony/trunks/channel-slots.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { patientRouting } from "../../../support/patient-routing.ts";
import { telephonyConfig } from "../telephony-config.ts";

const plus: Way = { trunk: "plus", asterisk: "main" };
const bare: Way = { trunk: "bare", asterisk: "main" };

interface Given {
  readonly connected?: boolean;
  readonly down?: readonly string[];
  readonly pacing?: Partial<Pacing>;
  readonly ways?: readonly Way[];
  readonly asterisks?: Record<string, AsteriskConfig>;
}

function linesWith(parts: Given) {
  const config = telephonyConfig();
  const asked: TakeRequest[] = [];
  const released: [string, boolean][] = [];
  const clock = new ManualClock();
  const rules = { ...patientRouting.breaker, failures: 2, probes: 1 };
  const breakers = createBreakers({ rules, longestCallMs: 32_000, clock, random: cryptoRandom });
  const lines = createLines({
    config: { ...config, asterisks: parts.asterisks ?? config.asterisks },
    router: {
      waysTo: (callee) => (callee.startsWith("+999") ? null : (parts.ways ?? [plus, bare])),
      waysOf: (trunk) => [{ trunk, asterisk: "main" }],
    },
    callControls: new Map([
      ["main", { connected: parts.connected ?? true }],
      ["second", { connected: true }],
    ]),
    health: ({ trunk }) => ({ usable: !parts.down?.includes(trunk), why: parts.down?.includes(trunk) ? "gone" : "up" }),
    breakers,
    pacing: {
      async take(request) {
        asked.push(request);
        return { kind: "taken", way: 0, waitMs: 7 };
      },
      release: async (leaseId, _, unused) => void released.push([leaseId, unused]),
      ...parts.pacing,
    },
    longestCallMs: 32_000,
    clock,
    random: cryptoRandom,
    logger: pino({ level: "silent" }),
  });
  return { lines, asked, released, clock };
}

describe("taking a line", () => {
  it("says until when its call may be placed, counted from before Redis was asked", async () => {
    const { lines, clock } = linesWith({
      pacing: {
        async take() {
          clock.freeze(700);
          return { kind: "taken", way: 0, waitMs: 2000 };
        },
      },
    });
    expect(await lines.take("+447700900123")).toMatchObject({ placeByMs: clock.nowMs() - 700 + 2000 + 3000 });
  });

  it("offers the usable ways with their limits, in order, and gives what was taken", async () => {
    const { lines, asked } = linesWith({});
    expect(await lines.take("+447700900123")).toMatchObject({ ...plus, ranges: ["block"], waitMs: 7 });
    expect(asked).toMatchObject([
      {
        leaseMs: 32_000,
        maxWaitMs: 2000,
        ways: [{ ...plus, trunkLimits: { callsPerSecond: 10, maxConcurrentCalls: 100 } }, bare],
      },
    ]);
  });

  it("leaves out what is down", async () => {
    const { lines, asked } = linesWith({ down: ["plus"] });
    expect(await lines.take("+447700900123")).toMatchObject(bare);
    expect(asked[0]?.ways).toHaveLength(1);
  });

  it("says why there is none", async () => {
    expect(await linesWith({}).lines.take("+999123")).toEqual({ none: "no_route", retryAfterMs: null });
    const away = { none: "telephony_unavailable", retryAfterMs: 5000 };
    expect(await linesWith({ connected: false }).lines.take("+44")).toEqual(away);
    expect(await linesWith({ down: ["plus", "bare"] }).lines.take("+44")).toEqual(away);
    const out = linesWith({ pacing: { take: async () => ({ kind: "out_of_service" }) } });
    expect(await out.lines.take("+44")).toEqual(away);
    const full = linesWith({ pacing: { take: async () => ({ kind: "full", retryAfterMs: 300 }) } });
    expect(await full.lines.take("+44")).toEqual({ none: "capacity", retryAfterMs: 300 });
  });

  it("is refused while the calls of all gateways cannot be counted", async () => {
    const { lines } = linesWith({ pacing: { take: () => Promise.reject(new Error("no Redis")) } });
    await expect(lines.take("+44")).rejects.toThrow("no Redis");
  });

  it("gives back, and does not mind when that fails: the lease ends by itself", async () => {
    const { lines, released } = linesWith({});
    const line = await lines.take("+44");
    if ("none" in line) throw new Error("no line");
    await lines.giveBack(line);
    expect(released).toEqual([[line.leaseId, true]]);
    const broken = linesWith({ pacing: { release: () => Promise.reject(new Error("no Redis")) } });
    await broken.lines.giveBack(line);
  });
});

describe("taking another line after one failed", () => {
  const second: Way = { trunk: "plus", asterisk: "second" };
  const ways = [plus, second, bare];
  const tried = (outcome: "trunk_down" | "congestion") => [{ ...plus, outcome }];

  it("asks another carrier where this one spoke, and the same through another Asterisk where it was not reached", async () => {
    const spoke = linesWith({ ways });
    await spoke.lines.takeAnother("+44", "block", tried("congestion"));
    expect(spoke.asked[0]?.ways).toMatchObject([bare]);
    const { main } = telephonyConfig().asterisks;
    const unreached = linesWith({ ways, asterisks: main ? { main, second: main } : {} });
    await unreached.lines.takeAnother("+44", "block", tried("trunk_down"));
    expect(unreached.asked[0]?.ways).toMatchObject([second, bare]);
  });

  it("wants a trunk that may present the caller ID", async () => {
    const { lines, asked } = linesWith({ ways });
    await lines.takeAnother("+44", "list", tried("congestion"));
    expect(asked[0]?.ways).toMatchObject([bare]);
    expect(await lines.takeAnother("+44", "nobody's", tried("congestion"))).toMatchObject({
      none: "telephony_unavailable",
    });
  });
});

describe("the state of ways", () => {
  it("is told for each", () => {
    const breaker = { state: "closed", retryAtMs: null };
    expect(linesWith({ down: ["plus"] }).lines.ways()).toEqual([
      { ...plus, usable: false, why: "gone", breaker },
      { ...bare, usable: true, why: "up", breaker },
    ]);
    const away = linesWith({ connected: false }).lines.ways()[0];
    expect(away).toMatchObject({ trunk: "plus", usable: false, why: "Asterisk main is not connected" });
  });
});

describe("a trunk that fails", () => {
  const ended = (outcome: Outcome): AttemptResult => ({
    ...{ outcome, alerted: false, postDialDelayMs: null, ringMs: null, sipStatus: null, q850Cause: null },
    ...{ endedBy: "far_end", evidence: "sip", falseAnswer: false, silent: false, inviteOver: true, tries: [] },
  });
  const taken = async (lines: ReturnType<typeof linesWith>["lines"]): Promise<Line> => {
    const line = await lines.take("+447700900123");
    if ("none" in line) throw new Error(line.none);
    return line;
  };

  it("is left alone, tried with one call at a time, and used again", async () => {
    const { lines, clock } = linesWith({});
    for (let failure = 0; failure < 2; failure++) await lines.callEnded(await taken(lines), ended("congestion"));
    expect(await taken(lines)).toMatchObject(bare);
    expect(lines.ways()[0]).toMatchObject({
      trunk: "plus",
      usable: false,
      why: expect.stringContaining("left alone"),
    });

    clock.pass(10_000);
    const probe = await taken(lines);
    expect([probe.trunk, (await taken(lines)).trunk]).toEqual(["plus", "bare"]);
    await lines.callEnded(probe, ended("busy"));
    expect((await taken(lines)).trunk).toBe("plus");
    expect(lines.ways()[0]).toMatchObject({ usable: true, why: "up" });
  });

  it("gets one probe, though two calls asked at the same time", async () => {
    const { lines, clock } = linesWith({});
    for (let failure = 0; failure < 2; failure++) await lines.callEnded(await taken(lines), ended("congestion"));
    clock.pass(10_000);
    const both = await Promise.all([taken(lines), taken(lines)]);
    expect(both.map(({ trunk }) => trunk).sort()).toEqual(["bare", "plus"]);
  });

  it("is not judged by lines that were given back", async () => {
    const { lines } = linesWith({});
    for (let i = 0; i < 10; i++) await lines.giveBack(await taken(lines));
    expect((await taken(lines)).trunk).toBe("plus");
  });
});
