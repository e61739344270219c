/** What the dialer does with the word of the wire. The real tap: tap/sip-tap.test.ts and test/integration/telephony. */
import pino from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import { createDialer } from "../../../src/telephony/dialer.ts";
import type { AttemptResult, Dialer, Line } from "../../../src/telephony/dialer-port.ts";
import type { Evidence } from "../../../src/telephony/tap/index.ts";
import { ManualClock } from "../sandbox/manual-clock.ts";
import { FakeCallControl } from "./fake-call-control.ts";
import { settled, telephonyConfig } from "./telephony-config.ts";

const sent: Evidence = {
  inviteAtMs: 0,
  respondedAtMs: null,
  progressAtMs: null,
  earlyMedia: false,
  alertingAtMs: null,
  final: null,
  canceledAtMs: null,
  byeFrom: null,
  over: false,
};
const congested: Evidence = { ...sent, final: { atMs: 100, status: 503, q850Cause: null }, over: true };

let clock: ManualClock;
let control: FakeCallControl;
let dialer: Dialer;
let results: AttemptResult[];
let freed: string[];
let asked: string[];
let say: (evidence: Evidence | null) => void;

const lineOn = (trunk: string): Line => ({
  ...{ leaseId: `on ${trunk}`, trunk, asterisk: "main", ranges: ["block"], waitMs: 0 },
});

beforeEach(async () => {
  clock = new ManualClock();
  control = new FakeCallControl(() => clock.nowMs());
  [results, freed, asked] = [[], [], []];
  const lines = {
    takeAnother: async () => lineOn("bare"),
    giveBack: async () => undefined,
    callEnded: async (line: Line) => void freed.push(line.trunk),
  };
  const settle = (callId: string) => {
    asked.push(callId);
    return new Promise<Evidence | null>((resolve) => {
      say = resolve;
    });
  };
  dialer = createDialer({
    callControls: new Map([["main", control]]),
    tap: { waitMs: 1000, settle },
    config: telephonyConfig({ maxTrunks: 3 }),
    lines,
    clock,
    logger: pino({ level: "silent" }),
  });
  dialer.place(
    { attemptId: "a1", callee: "+447700900123", callerId: "+12025550147", range: "block", line: lineOn("plus") },
    { calling: () => undefined, ringing: () => undefined, ended: (result) => void results.push(result) },
  );
  await settled();
});

const ends = (q850Cause: number, sipStatus: number | null, sipCallId: string | null = "on-the-wire") =>
  control.happens({ type: "ended", callId: "a1", q850Cause, sipStatus, sipCallId });

describe("a call that ended", () => {
  it("keeps its line and tells nothing until the tap knows how it ended", async () => {
    control.happens({ type: "alerting", callId: "a1" });
    clock.pass(5000);
    ends(16, null);
    await settled();
    expect([results, freed, dialer.liveCalls, asked]).toEqual([[], [], 1, ["on-the-wire"]]);
    say({
      ...sent,
      alertingAtMs: 900,
      canceledAtMs: 5900,
      final: { atMs: 5950, status: 200, q850Cause: null },
      over: true,
    });
    await settled();
    expect(results).toMatchObject([{ outcome: "answered", evidence: "sip", postDialDelayMs: 900, ringMs: 5000 }]);
    expect([freed, dialer.liveCalls, clock.pending]).toEqual([["plus"], 0, 0]);
  });

  it("does not ask the tap where its Call-ID is not known", async () => {
    ends(17, 486, null);
    await settled();
    expect(asked).toEqual([]);
    expect(results).toMatchObject([{ outcome: "busy", evidence: "events" }]);
  });

  it("goes to another trunk once the wire shows that its INVITE is over", async () => {
    ends(34, 503);
    await settled();
    expect(control.placed).toHaveLength(1);
    say(congested);
    await settled();
    expect(control.placed.map(({ callId }) => callId)).toEqual(["a1", "a1-t2"]);
  });

  it("does not where Asterisk made the 503 up: the carrier may ring the phone yet", async () => {
    ends(34, 503);
    say(sent);
    await settled();
    expect(control.placed).toHaveLength(1);
    expect(results).toMatchObject([{ outcome: "congestion", inviteOver: false }]);
  });

  it("does not where the wire shows alerting that Asterisk did not tell of", async () => {
    ends(34, 503);
    say({ ...congested, alertingAtMs: 50 });
    await settled();
    expect(control.placed).toHaveLength(1);
    expect(results).toMatchObject([{ outcome: "congestion", alerted: true }]);
  });

  it("does not where it was canceled while the tap was asked", async () => {
    ends(34, 503);
    dialer.cancel("a1");
    say(congested);
    await settled();
    expect(control.placed).toHaveLength(1);
    expect(control.hungUp).toEqual([]);
    expect(results).toHaveLength(1);
  });
});

it("a drain waits for what the tap is asked about", async () => {
  ends(17, 486);
  let drained = false;
  void dialer.drain(0).then(() => {
    drained = true;
  });
  clock.pass(1);
  await settled();
  expect(drained).toBe(false);
  say(null);
  await settled();
  expect([drained, results.length]).toEqual([true, 1]);
});
