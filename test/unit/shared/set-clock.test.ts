/** A time of day that NTP or an operator sets by an hour: what runs by it neither ends at once nor holds for that hour. */
import { describe, expect, it } from "vitest";
import { createRecipientLimit } from "../../../src/channels/messages/recipient-limit.ts";
import { createGate } from "../../../src/outgoing-http/gate.ts";
import { stopwatch } from "../../../src/shared/clock.ts";
import { CallBook } from "../../../src/telephony/asterisk/call-book.ts";
import type { CallRequest } from "../../../src/telephony/call-control/port.ts";
import { createRecentRefusals } from "../../../src/verification/recent-refusals.ts";
import { keepingLogger } from "../../support/keeping-logger.ts";
import { ManualClock } from "../../support/manual-clock.ts";
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
