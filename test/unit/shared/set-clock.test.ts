/** A time of day that NTP or an operator sets by an hour: what runs by it neither ends at once nor holds for that hour. */
import { describe, expect, it } from "vitest";
import { createRecipientLimit } from "../../../src/channels/messages/recipient-limit.ts";
import { createGate } from "../../../src/outgoing-http/gate.ts";
import { stopwatch } from "../../../src/shared/clock.ts";
import { CallBook } from "../../../src/telephony/asterisk/call-book.ts";
import type { CallRequest } from "../../../src/telephony/call-control/port.ts";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import { createBrakes } from "../../../src/telephony/trunks/brakes.ts";
import { createBreakers } from "../../../src/telephony/trunks/breakers.ts";
import { createRecentRefusals } from "../../../src/verification/recent-refusals.ts";
import { keepingLogger } from "../../support/keeping-logger.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { testConfig } from "../../support/test-config.ts";
import { eventually, openBound } from "../channels/sms/world.ts";
import { dialerSetting, lineOn } from "../telephony/calls/dialer-setting.ts";
import { settled } from "../telephony/telephony-config.ts";

const hourMs = 3_600_000;
const random = { below: () => 0, bytes: (length: number) => Buffer.alloc(length) };
const both = [
  ["forward", hourMs],
  ["back", -hourMs],
] as const;

describe.each(both)("a clock that is set %s", (_, byMs) => {
  it("leaves a server's pause as long as it asked for", () => {
    const clock = new ManualClock();
    const gate = createGate({ clock, random, perSecond: 10 });
    gate.result({ kind: "throttled", retryAfterMs: 30_000 });
    clock.set(byMs);
    expect(gate.enter()).toEqual({ open: false, why: "throttled", retryAfterMs: 30_000 });
    clock.pass(30_000);
    expect(gate.enter().open).toBe(true);
  });

  it("leaves a recipient's pause as long as the provider asked for", () => {
    const clock = new ManualClock();
    const limit = createRecipientLimit(clock, random, { firstMs: 1000, longestMs: 60_000 });
    limit.hit("one", 20_000);
    clock.set(byMs);
    expect(limit.waitMs("one")).toBe(20_000);
    clock.pass(20_000);
    expect(limit.waitMs("one")).toBe(0);
  });

  it("leaves a refused callee refused until its limit is over", () => {
    const clock = new ManualClock();
    const refusals = createRecentRefusals(clock);
    refusals.add("callee", 10_000);
    clock.set(byMs);
    clock.pass(9999);
    expect(refusals.has("callee")).toBe(true);
    clock.pass(1);
    expect(refusals.has("callee")).toBe(false);
  });

  it("loses no call that is up in Asterisk, and those that are gone in their time", () => {
    const clock = new ManualClock();
    const book = new CallBook({ app: "onering", clock, logger: keepingLogger().logger });
    const lost: string[] = [];
    book.onEvent(({ type, callId }) => lost.push(`${type} ${callId}`));
    book.add({ callId: "a1", failSafeSeconds: 60 } as CallRequest);
    clock.set(byMs);
    book.loseTheGone();
    expect(lost).toEqual([]);
    clock.pass(90_000);
    book.loseTheGone();
    expect(lost).toEqual(["lost a1"]);
  });

  it("counts a call's ring time, and the talk time that is paid for, by what passed", async () => {
    const { clock, control, dialer, ends } = dialerSetting();
    const results: CallResult[] = [];
    const keep = { ringMs: 25_000, talkMs: 40_000, canServe: () => true };
    const nothing = () => undefined;
    dialer.place(
      { callId: "a1", callee: "+447700900123", callerId: "+12025550147", range: "block", slot: lineOn("plus"), keep },
      { calling: nothing, ringing: nothing, answered: nothing, ended: (result) => void results.push(result) },
    );
    await settled();
    control.happens({ type: "alerting", callId: "a1" });
    clock.pass(1000);
    clock.set(byMs);
    clock.pass(2000);
    for (const type of ["answered", "ready"] as const) control.happens({ type, callId: "a1" });
    clock.pass(5000);
    clock.set(byMs);
    clock.pass(1000);
    ends("a1", 16, null, null, 200);
    await settled();
    expect(results).toMatchObject([{ outcome: "answered", ringMs: 3000, talkMs: 6000 }]);
  });

  it("leaves a circuit open as long as it was to be, and says so by the new time", () => {
    const clock = new ManualClock();
    const rules = { ...testConfig().routing.breaker, failures: 1 };
    const own = { apps: () => 1, callsPerSecond: () => 10, longestCallMs: 30_000 };
    const breakers = createBreakers({ rules, ...own, clock, random });
    const path = { trunk: "a", asterisk: "main" };
    const source = { prefix: "+44", app: "shop" };
    const call = {};
    breakers.begin(path, call, source, false);
    breakers.end(path, call, "trunk_failed");
    const leftMs = () => (breakers.report(path).retryAtMs ?? 0) - clock.nowMs();
    const pauseMs = leftMs();
    expect(pauseMs).toBeGreaterThan(0);
    clock.set(byMs);
    expect([leftMs(), breakers.state(path, source, false)?.usable]).toEqual([pauseMs, false]);
    clock.pass(pauseMs);
    expect(breakers.state(path, source, false)?.usable).toBe(true);
  });

  it("lets a braked app have its one call in trickle_ms, no more and no fewer", () => {
    const clock = new ManualClock();
    const rules = testConfig().limits.brake;
    const brakes = createBrakes({ rules, clock, logger: keepingLogger().logger });
    for (let call = 0; call < 2 * rules.sample; call++) {
      const of = { app: "shop", prefix: `+4477${call}`, callee: `callee ${call}` };
      brakes.ended({ ...of, answered: true, falseAnswer: false });
    }
    expect(brakes.admit("shop", "+49")).toBeNull();
    clock.set(byMs);
    expect(brakes.admit("shop", "+49")).toBe(rules.trickle_ms);
    clock.pass(rules.trickle_ms);
    expect(brakes.admit("shop", "+49")).toBeNull();
  });

  it("ends a message that the SMSC never answers in its time, and none before", async () => {
    const clock = new ManualClock();
    const { messages, decide, send } = await openBound({ clock });
    decide({ answer: "never" });
    let answer: unknown = null;
    const sent = send().then((result) => {
      answer = result;
    });
    await eventually(() => expect(messages).toHaveLength(1));
    clock.pass(4000);
    clock.set(byMs);
    clock.pass(999);
    await settled();
    expect(answer).toBeNull();
    clock.pass(1);
    await sent;
    expect(answer).toEqual({ kind: "unknown" });
  });
});

it("a clock that is set back does not let the next trunk's phone ring for longer", async () => {
  const setting = dialerSetting({ maxTrunks: 3 });
  const { clock, control } = setting;
  setting.anotherLine = async () => lineOn("bare");
  setting.place();
  await settled();
  clock.pass(2000);
  clock.set(-hourMs);
  setting.ends("a1", 34, 503);
  await settled();
  const [first = 0, second] = control.placed.map(({ failSafeSeconds }) => failSafeSeconds);
  expect(second).toBeLessThan(first);
});

it("what must not come too late counts by the clock that says more", () => {
  const clock = new ManualClock();
  const passedMs = stopwatch(clock);
  clock.pass(1000);
  expect(passedMs()).toBe(1000);
  clock.set(-hourMs);
  clock.pass(1000);
  expect(passedMs()).toBe(2000);
  // As after a machine was suspended: its monotonic clock stood still.
  clock.set(2 * hourMs);
  expect(passedMs()).toBe(hourMs + 2000);
});
