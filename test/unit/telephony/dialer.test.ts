import pino from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import { OriginateError } from "../../../src/telephony/call-control.ts";
import { createDialer } from "../../../src/telephony/dialer.ts";
import type { AttemptResult, Dialer, Line, NoLine } from "../../../src/telephony/dialer-port.ts";
import { ManualClock } from "../sandbox/manual-clock.ts";
import { FakeCallControl } from "./fake-call-control.ts";
import { settled, telephonyConfig } from "./telephony-config.ts";

let clock: ManualClock;
let control: FakeCallControl;
let dialer: Dialer;
let told: string[];
let results: AttemptResult[];
let logged: string;
let givenBack: string[];
let over: string[];
let anotherLine: () => Promise<Line | NoLine>;

const lineOn = (trunk: string, waitMs = 0): Line => ({
  ...{ leaseId: `on ${trunk}`, trunk, asterisk: "main", ranges: ["block"], waitMs },
});

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
  givenBack = [];
  over = [];
  anotherLine = async () => ({ none: "telephony_unavailable", retryAfterMs: 1 });
  const lines = {
    takeAnother: () => anotherLine(),
    giveBack: async (line: Line) => void givenBack.push(line.trunk),
    callEnded: async (line: Line) => void over.push(line.trunk),
  };
  dialer = createDialer({ callControls, tap: null, config, lines, clock, logger });
}

beforeEach(() => setUp());

function place(attemptId = "a1", trunk = "plus", callee = "+447700900123", waitMs = 0): void {
  dialer.place(
    { attemptId, callee, callerId: "+12025550147", range: "block", line: lineOn(trunk, waitMs) },
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
    expect([over, givenBack]).toEqual([["plus"], []]);
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
    expect(dialer.longestCallMs).toBe(2000 + 20_000 + 5100 + 12_000);
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

  it("waits for its turn, and can be canceled before it comes", async () => {
    place("a1", "plus", "+447700900123", 700);
    place("a2", "plus", "+447700900123", 800);
    clock.pass(699);
    expect(control.placed).toEqual([]);
    dialer.cancel("a2");
    expect(results).toMatchObject([{ outcome: "canceled" }]);
    expect(givenBack).toEqual(["plus"]);
    clock.pass(200);
    expect(control.placed).toMatchObject([{ callId: "a1" }]);
  });

  it("turns away what it cannot place, and gives its line back", async () => {
    place("a1", "no-such-trunk");
    place("a2", "plus", "+44;evil");
    await settled();
    expect(results.map((result) => result.outcome).sort()).toEqual(["invalid_format", "trunk_down"]);
    expect(givenBack.sort()).toEqual(["no-such-trunk", "plus"]);
    expect(control.placed).toEqual([]);
  });

  it("is not disturbed by an observer that throws", async () => {
    const fail = () => {
      throw new Error("a listener's mistake");
    };
    const observer = { calling: fail, ringing: fail, ended: fail };
    dialer.place(
      { attemptId: "a1", callee: "+447700900123", callerId: "+12025550147", range: "block", line: lineOn("plus") },
      observer,
    );
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

describe("failover to another trunk", () => {
  const ends = (callId: string, q850Cause: number, sipStatus: number | null) =>
    control.happens({ type: "ended", callId, q850Cause, sipStatus, sipCallId: null });

  beforeEach(() => {
    setUp({ maxTrunks: 3 });
    anotherLine = async () => lineOn("bare");
  });

  it("keeps the caller ID, tells `calling` once, and lists what was tried", async () => {
    place();
    await settled();
    ends("a1", 34, 503);
    await settled();
    expect(control.placed).toMatchObject([
      { callId: "a1", endpoint: "carrier-a", callerId: "+12025550147" },
      { callId: "a1-t2", endpoint: "carrier-b", callerId: "12025550147" },
    ]);
    control.happens({ type: "alerting", callId: "a1-t2" });
    clock.pass(5000);
    ends("a1-t2", 16, null);
    expect(told).toEqual(["calling", "ringing", "ended"]);
    expect(results).toMatchObject([
      {
        outcome: "rang",
        tries: [
          { trunk: "plus", outcome: "congestion" },
          { trunk: "bare", outcome: "rang" },
        ],
      },
    ]);
    expect([over, givenBack, dialer.liveCalls]).toEqual([["plus", "bare"], [], 0]);
  });

  it.each([
    ["congestion", 38, 500],
    ["unallocated", 1, 404],
    ["barred", 21, 403],
  ])("happens after %s", async (_, cause, status) => {
    place();
    await settled();
    ends("a1", cause, status);
    await settled();
    expect(control.placed).toHaveLength(2);
  });

  it("happens where Asterisk cannot reach the trunk", async () => {
    control.onOriginate = () => Promise.reject(new OriginateError("trunk_down", "test"));
    place();
    await settled();
    expect(control.placed.length).toBeGreaterThan(1);
  });

  it.each([
    ["busy", 17, 486],
    ["no answer", 19, 480],
    ["a refused caller ID", 127, 608],
    ["a changed number", 22, 410],
  ])("does not happen after %s: another trunk would hear the same", async (_, cause, status) => {
    place();
    await settled();
    ends("a1", cause, status);
    await settled();
    expect([control.placed.length, results.length]).toEqual([1, 1]);
  });

  it("never happens after the phone rang", async () => {
    place();
    await settled();
    control.happens({ type: "alerting", callId: "a1" });
    ends("a1", 34, 503);
    await settled();
    expect(control.placed).toHaveLength(1);
    expect(results).toMatchObject([{ outcome: "congestion", alerted: true }]);
  });

  it("never happens while an INVITE may be alive: nobody knows whether Asterisk took the call", async () => {
    control.onOriginate = () => Promise.reject(new OriginateError("no_response", "ETIMEDOUT"));
    place();
    await settled();
    ownEnd();
    await settled();
    clock.pass(60_000);
    await settled();
    expect([control.placed.length, results.length]).toEqual([1, 1]);
  });

  it("never happens after our own hang-up at the set-up limit", async () => {
    place();
    await settled();
    clock.pass(20_000);
    ownEnd();
    await settled();
    expect([control.placed.length, results.length]).toEqual([1, 1]);
  });

  it("shares one set-up limit over all trunks, and does not begin what cannot ring in time", async () => {
    place();
    await settled();
    clock.pass(12_000);
    ends("a1", 34, 503);
    await settled();
    clock.pass(7999);
    expect(control.hungUp).toEqual([]);
    clock.pass(1);
    expect(control.hungUp).toEqual(["a1-t2"]);
    ends("a1-t2", 16, null);

    place("b1");
    await settled();
    clock.pass(18_000);
    ends("b1", 34, 503);
    await settled();
    expect(control.placed.filter(({ callId }) => callId.startsWith("b1"))).toHaveLength(1);
  });

  it("stops at max_trunks", async () => {
    place();
    await settled();
    for (const callId of ["a1", "a1-t2", "a1-t3"]) {
      ends(callId, 34, 503);
      await settled();
    }
    expect(control.placed).toHaveLength(3);
    expect(results).toMatchObject([{ outcome: "congestion" }]);
  });

  it("reports what one trunk said of the number, though the next then failed of itself", async () => {
    place();
    await settled();
    ends("a1", 1, 404);
    await settled();
    ends("a1-t2", 34, 503);
    await settled();
    ends("a1-t3", 34, 503);
    await settled();
    expect(results).toMatchObject([{ outcome: "unallocated", tries: [{}, { outcome: "congestion" }, {}] }]);
  });

  it("is not given up for a short break of Redis: all calls that were failing over became undeliverable", async () => {
    let breaks = 2;
    anotherLine = async () => {
      if (breaks-- > 0) throw new Error("no Redis");
      return lineOn("bare");
    };
    place();
    await settled();
    ends("a1", 34, 503);
    for (let i = 0; i < 2; i++) {
      await settled();
      clock.pass(300);
    }
    await settled();
    expect(control.placed).toMatchObject([{ callId: "a1" }, { callId: "a1-t2" }]);
  });

  it("is given up where Redis stays away, and leaves no timer behind", async () => {
    anotherLine = () => Promise.reject(new Error("no Redis"));
    place();
    await settled();
    ends("a1", 34, 503);
    for (let i = 0; i < 20; i++) {
      await settled();
      clock.pass(300);
    }
    expect(results).toMatchObject([{ outcome: "congestion" }]);
    expect([control.placed.length, clock.pending, dialer.liveCalls]).toEqual([1, 0, 0]);
  });

  it("gives the other line back where the attempt was canceled meanwhile", async () => {
    let give: (line: Line) => void = () => undefined;
    anotherLine = () => new Promise((resolve) => (give = resolve));
    place();
    await settled();
    ends("a1", 34, 503);
    dialer.cancel("a1");
    give(lineOn("bare"));
    await settled();
    expect([control.placed.length, givenBack, results.length]).toEqual([1, ["bare"], 1]);
  });
});
