import pino from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import { OriginateError } from "../../../src/telephony/call-control.ts";
import { createDialer } from "../../../src/telephony/dialer.ts";
import type { AttemptResult, Dialer } from "../../../src/telephony/dialer-port.ts";
import { createCallSlots } from "../../../src/telephony/slots.ts";
import { ManualClock } from "../sandbox/manual-clock.ts";
import { FakeCallControl } from "./fake-call-control.ts";
import { settled, telephonyConfig } from "./telephony-config.ts";

let clock: ManualClock;
let control: FakeCallControl;
let dialer: Dialer;
let told: string[];
let results: AttemptResult[];
let logged: string;

function keep(line: string): void {
  logged += line;
}

function setUp(changed: Parameters<typeof telephonyConfig>[0] = {}): void {
  clock = new ManualClock();
  control = new FakeCallControl(() => clock.nowMs());
  told = [];
  results = [];
  logged = "";
  const config = telephonyConfig(changed);
  const logger = pino({ level: "debug" }, { write: keep });
  const callControls = new Map([["main", control]]);
  dialer = createDialer({ callControls, config, slots: createCallSlots(config), clock, logger });
}

beforeEach(() => setUp());

function place(attemptId = "a1", trunk = "plus", callee = "+447700900123"): void {
  dialer.place(
    { attemptId, callee, callerId: "+12025550147", trunk },
    {
      calling: () => void told.push("calling"),
      ringing: () => void told.push("ringing"),
      ended: (result) => {
        told.push("ended");
        results.push(result);
      },
    },
  );
}

const ownEnd = (callId = "a1") =>
  control.happens({ type: "ended", callId, q850Cause: 16, sipStatus: null, sipCallId: null });

describe("the dialer", () => {
  it("rings for ring_ms from the first 180, then hangs up", async () => {
    place();
    await settled();
    clock.pass(3000);
    control.happens({ type: "alerting", callId: "a1" });
    clock.pass(4999);
    expect(control.hungUp).toEqual([]);
    clock.pass(1);
    expect(control.hungUp).toEqual(["a1"]);
    ownEnd();
    expect(told).toEqual(["calling", "ringing", "ended"]);
    expect(results).toMatchObject([{ outcome: "rang", postDialDelayMs: 3000, ringMs: 5000, endedBy: "us" }]);
    expect([dialer.liveCalls, clock.pending]).toEqual([0, 0]);
  });

  it("gives up at setup_limit_ms without a 180", async () => {
    place();
    await settled();
    clock.pass(19_999);
    expect(control.hungUp).toEqual([]);
    clock.pass(1);
    expect(control.hungUp).toEqual(["a1"]);
  });

  it("counts the set-up limit from the request, however long Asterisk takes to answer", async () => {
    control.onOriginate = () => new Promise(() => undefined);
    place();
    clock.pass(20_000);
    expect(control.hungUp).toEqual([]);
    clock.pass(12_000);
    expect(results).toMatchObject([{ outcome: "interrupted", endedBy: "nobody" }]);
  });

  it("tells numbers to the trunk in the trunk's own format", async () => {
    place("a1", "plus");
    place("a2", "bare");
    await settled();
    expect(control.placed).toMatchObject([
      { endpoint: "carrier-a", callee: "+447700900123", callerId: "+12025550147" },
      { endpoint: "carrier-b", callee: "447700900123", callerId: "12025550147" },
    ]);
  });

  it("has Asterisk end the call by itself after set-up limit, ring time and a margin, in whole seconds", () => {
    setUp({ ringMs: 5100 });
    place();
    expect(control.placed[0]?.failSafeSeconds).toBe(31);
    expect(dialer.longestCallMs).toBe(20_000 + 5100 + 12_000);
  });

  it("never places a call a second time, whatever the answer was", async () => {
    for (const refusal of ["not_connected", "no_response", "trunk_down", "duplicate", "refused"] as const) {
      setUp();
      control.onOriginate = () => Promise.reject(new OriginateError(refusal, "test"));
      place();
      await settled();
      clock.pass(60_000);
      await settled();
      expect([refusal, control.placed.length, results.length, dialer.liveCalls]).toEqual([refusal, 1, 1, 0]);
    }
  });

  it("hangs up a call of which Asterisk never said whether it took it", async () => {
    control.onOriginate = () => Promise.reject(new OriginateError("no_response", "ETIMEDOUT"));
    place();
    await settled();
    expect(control.hungUp).toEqual(["a1"]);
    // Asterisk was only slow: the phone rings after all.
    control.happens({ type: "alerting", callId: "a1" });
    expect(control.hungUp).toEqual(["a1", "a1"]);
    ownEnd();
    expect(results).toMatchObject([{ outcome: "interrupted", alerted: true }]);
  });

  it("hangs up a call that shows up after it was given up", async () => {
    place();
    await settled();
    control.happens({ type: "lost", callId: "a1" });
    expect(results).toMatchObject([{ outcome: "interrupted" }]);
    control.happens({ type: "alerting", callId: "a1" });
    expect(control.hungUp).toEqual(["a1"]);
  });

  it("tries again to hang up while Asterisk does not take it, and ends when it is of no use", async () => {
    control.onHangup = () => Promise.reject(new Error("no connection"));
    place();
    await settled();
    control.happens({ type: "alerting", callId: "a1" });
    for (let second = 0; second < 30; second += 1) {
      clock.pass(1000);
      await settled();
    }
    expect(control.hungUp.length).toBeGreaterThan(3);
    expect(control.hungUp.length).toBeLessThanOrEqual(8);
    expect(results).toMatchObject([{ outcome: "interrupted", alerted: true, endedBy: "nobody" }]);
    expect(clock.pending).toBe(0);
  });

  it("cancels a call that Asterisk has not answered for yet as soon as it does", async () => {
    let answer: () => void = () => undefined;
    control.onOriginate = () => new Promise((resolve) => (answer = resolve));
    place();
    dialer.cancel("a1");
    expect(control.hungUp).toEqual([]);
    answer();
    await settled();
    expect(control.hungUp).toEqual(["a1"]);
    ownEnd();
    expect(results).toMatchObject([{ outcome: "canceled" }]);
  });

  it("keeps the trunk's bound, and gives the place back", async () => {
    setUp({ maxConcurrentCalls: 1 });
    place("a1");
    place("a2");
    await settled();
    expect(results).toMatchObject([{ outcome: "congestion", endedBy: "nobody" }]);
    expect(control.placed).toHaveLength(1);
    ownEnd("a1");
    place("a3");
    expect(control.placed).toHaveLength(2);
  });

  it("turns away what it cannot place, after place() returned", async () => {
    place("a1", "no-such-trunk");
    place("a2", "plus", "+44;evil");
    expect(told).toEqual([]);
    await settled();
    expect(results.map((result) => result.outcome)).toEqual(["trunk_down", "invalid_format"]);
    expect(control.placed).toEqual([]);
  });

  it("is not disturbed by an observer that throws", async () => {
    const fail = () => {
      throw new Error("a listener's mistake");
    };
    const observer = { calling: fail, ringing: fail, ended: fail };
    dialer.place({ attemptId: "a1", callee: "+447700900123", callerId: "+12025550147", trunk: "plus" }, observer);
    await settled();
    control.happens({ type: "alerting", callId: "a1" });
    clock.pass(5000);
    ownEnd();
    expect([control.hungUp, dialer.liveCalls]).toEqual([["a1"], 0]);
  });

  it("drains: waits for calls to end, cancels the rest after the grace, takes no new ones", async () => {
    place("a1");
    place("a2");
    await settled();
    let drained = false;
    void dialer.drain(3000).then(() => (drained = true));
    ownEnd("a1");
    clock.pass(2999);
    expect(control.hungUp).toEqual([]);
    clock.pass(1);
    expect(control.hungUp).toEqual(["a2"]);
    await settled();
    expect(drained).toBe(false);
    ownEnd("a2");
    await settled();
    expect(drained).toBe(true);
    place("a3");
    await settled();
    expect(results.at(-1)?.outcome).toBe("canceled");
    expect(control.placed).toHaveLength(2);
  });

  it("logs no number", async () => {
    control.onHangup = () => Promise.reject(new Error("no connection"));
    place();
    await settled();
    control.happens({ type: "answered", callId: "a1" });
    await settled();
    clock.pass(30_000);
    await settled();
    place("a2", "bare", "not a number");
    await settled();
    expect(logged).toContain("call ended");
    expect(logged).not.toContain("0147");
    expect(logged).not.toContain("900123");
  });
});
