import { describe, expect, it } from "vitest";
import { OriginateError } from "../../../../src/telephony/call-control/port.ts";
import { settled } from "../telephony-config.ts";
import { dialerSetting, lineOn } from "./dialer-setting.ts";

describe("the dialer", () => {
  it("rings for ring_ms from the first 180, then hangs up", async () => {
    const { clock, control, dialer, told, results, givenBack, over, place, ownEnd } = dialerSetting();
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

  it("tells at level debug how each call goes on: id, trunk and times, no number", async () => {
    const { clock, control, log, place, ownEnd } = dialerSetting();
    place();
    await settled();
    clock.pass(3000);
    control.happens({ type: "alerting", callId: "a1" });
    clock.pass(5000);
    ownEnd();
    const lines = log.map((line) => JSON.parse(line)).filter(({ callId }) => callId === "a1");
    expect(lines.map(({ msg, ms }) => [msg, ms])).toEqual([
      ["call begins", undefined],
      ["call placed: the INVITE is in progress", 0],
      ["phone rings", 3000],
      ["call ended", undefined],
    ]);
    expect(lines[2]).toMatchObject({ callId: "a1", trunk: "plus", asterisk: "main" });
    expect(log.join("")).not.toMatch(/7700900123|2025550147/);
  });

  it("gives up at setup_limit_ms without a 180", async () => {
    const { clock, control, place } = dialerSetting();
    place();
    await settled();
    clock.pass(19_999);
    expect(control.hungUp).toEqual([]);
    clock.pass(1);
    expect(control.hungUp).toEqual(["a1"]);
  });

  it("counts the set-up limit from the request, however long Asterisk takes to answer", async () => {
    const { clock, control, results, place } = dialerSetting();
    control.onOriginate = () => new Promise(() => undefined);
    place();
    clock.pass(20_000);
    expect(control.hungUp).toEqual([]);
    clock.pass(12_000);
    expect(results).toMatchObject([{ outcome: "interrupted", endedBy: "unknown" }]);
  });

  it("tells numbers to the trunk in the trunk's own format", async () => {
    const { control, place } = dialerSetting();
    place("a1", "plus");
    place("a2", "bare");
    await settled();
    expect(control.placed).toMatchObject([
      { endpoint: "carrier-a", callee: "+447700900123", callerId: "+12025550147" },
      { endpoint: "carrier-b", callee: "447700900123", callerId: "12025550147" },
    ]);
  });

  it("has Asterisk end the call by itself after set-up limit, ring time and a margin, in whole seconds", () => {
    const { control, dialer, place } = dialerSetting({ ringMs: 5100 });
    place();
    expect(control.placed[0]?.failSafeSeconds).toBe(31);
    expect(dialer.longestCallMs).toBe(2000 + 20_000 + 5100 + 12_000);
  });

  it("says how long a call goes on from each phase while all is well: what a person is told to wait", () => {
    const { dialer } = dialerSetting({ ringMs: 5000 });
    expect(dialer.remainingMs).toEqual({ calling: 2000 + 20_000 + 5000 + 1000, ringing: 5000 + 1000 });
  });

  it("names ring_on where a 183 was all that came", async () => {
    const { clock, control, log, results, place, ownEnd } = dialerSetting();
    place();
    await settled();
    control.happens({ type: "progress", callId: "a1" });
    clock.pass(20_000);
    ownEnd();
    expect(results).toMatchObject([{ outcome: "no_answer_signal", progress: true }]);
    expect(log.filter((line) => line.includes("180+183"))).toHaveLength(1);
    expect(log.find((line) => line.includes("180+183"))).toContain('"trunk":"plus"');

    place("a2");
    await settled();
    clock.pass(20_000);
    ownEnd("a2");
    expect(log.filter((line) => line.includes("180+183"))).toHaveLength(1);
  });

  it("warns once for each Asterisk whose events do not say what the far end sent last", async () => {
    const { log, place, ends } = dialerSetting();
    for (const [callId, lastStatus] of [
      ["a1", 486],
      ["a2", null],
      ["a3", null],
    ] as const) {
      place(callId);
      await settled();
      ends(callId, 17, 486, null, lastStatus);
    }
    expect(log.filter((line) => line.includes("channelvars"))).toHaveLength(1);
  });

  it("logs a caller ID that call analytics blocked with trunk and range, and without the number", async () => {
    const { control, log, results, place } = dialerSetting();
    place();
    await settled();
    const lastResponse = { status: 603, phrase: "Network Blocked" };
    const ended = { type: "ended", callId: "a1", q850Cause: 21, sipStatus: 603, sipCallId: null } as const;
    control.happens({ ...ended, lastResponse });
    expect(results).toMatchObject([{ outcome: "caller_id_refused", networkBlocked: true }]);
    const line = log.find((one) => one.includes("603+"));
    expect(line).toContain('"trunk":"plus","range":"block","redressUrl":null');
    expect(log.join("")).not.toContain("2025550147");
  });

  it("never places a call a second time, whatever the answer was", async () => {
    for (const refusal of ["not_connected", "no_response", "trunk_down", "duplicate", "refused"] as const) {
      const { clock, control, dialer, results, place } = dialerSetting();
      control.onOriginate = () => Promise.reject(new OriginateError(refusal, "test"));
      place();
      await settled();
      clock.pass(60_000);
      await settled();
      expect([refusal, control.placed.length, results.length, dialer.liveCalls]).toEqual([refusal, 1, 1, 0]);
    }
  });

  it("hangs up a call of which Asterisk never said whether it took it", async () => {
    const { control, results, place, ownEnd } = dialerSetting();
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
    const { control, results, place } = dialerSetting();
    place();
    await settled();
    control.happens({ type: "lost", callId: "a1" });
    expect(results).toMatchObject([{ outcome: "interrupted" }]);
    control.happens({ type: "alerting", callId: "a1" });
    expect(control.hungUp).toEqual(["a1"]);
  });

  it("tries again to hang up while Asterisk does not take it, and ends when it is of no use", async () => {
    const { clock, control, results, place } = dialerSetting();
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
    expect(results).toMatchObject([{ outcome: "interrupted", alerted: true, endedBy: "unknown" }]);
    expect(clock.pending).toBe(0);
  });

  it("cancels a call that Asterisk has not answered for yet as soon as it does", async () => {
    const { control, dialer, results, place, ownEnd } = dialerSetting();
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
    const { clock, control, dialer, results, givenBack, place } = dialerSetting();
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
    const { control, results, givenBack, place } = dialerSetting();
    place("a1", "no-such-trunk");
    place("a2", "plus", "+44;evil");
    await settled();
    expect(results.map((result) => result.outcome).sort()).toEqual(["invalid_format", "trunk_down"]);
    expect(givenBack.sort()).toEqual(["no-such-trunk", "plus"]);
    expect(control.placed).toEqual([]);
  });

  it("is not disturbed by an observer that throws", async () => {
    const { clock, control, dialer, ownEnd } = dialerSetting();
    const fail = () => {
      throw new Error("a listener's mistake");
    };
    const observer = { calling: fail, ringing: fail, ended: fail };
    dialer.place(
      { callId: "a1", callee: "+447700900123", callerId: "+12025550147", range: "block", slot: lineOn("plus") },
      observer,
    );
    await settled();
    control.happens({ type: "alerting", callId: "a1" });
    clock.pass(5000);
    ownEnd();
    expect([control.hungUp, dialer.liveCalls]).toEqual([["a1"], 0]);
  });

  it("drains: waits for calls to end, cancels the rest after the grace, takes no new ones", async () => {
    const { clock, control, dialer, results, place, ownEnd } = dialerSetting();
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
    const { clock, control, log, place } = dialerSetting();
    control.onHangup = () => Promise.reject(new Error("no connection"));
    place();
    await settled();
    control.happens({ type: "answered", callId: "a1" });
    await settled();
    clock.pass(30_000);
    await settled();
    place("a2", "bare", "not a number");
    await settled();
    const logged = log.join("");
    expect(logged).toContain("call ended");
    expect(logged).not.toContain("0147");
    expect(logged).not.toContain("900123");
  });
});
