/** A gateway that stood still (swapping, SIGSTOP, its virtual machine moved): on waking all its timers fire at once. */
import { setImmediate as nextTurn } from "node:timers/promises";
import pino from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import { createDialer } from "../../../../src/telephony/calls/dialer.ts";
import type { CallResult, Dialer } from "../../../../src/telephony/calls/ports.ts";
import type { ChannelSlot } from "../../../../src/telephony/trunks/slots-port.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { settled, telephonyConfig } from "../telephony-config.ts";
import { FakeCallControl } from "./fake-call-control.ts";

const maxQueueMs = 2000;
const mostLateMs = 3000;

let clock: ManualClock;
let control: FakeCallControl;
let dialer: Dialer;
let results: CallResult[];
let givenBack: string[];
let reserveAnother: () => Promise<ChannelSlot>;

/** As `ChannelSlots` gives them. */
const lineOn = (trunk: string, waitMs = 0): ChannelSlot => ({
  ...{ leaseId: `on ${trunk}`, trunk, asterisk: "main", ranges: ["block"], waitMs },
  originateByMs: clock.nowMs() + waitMs + mostLateMs,
});

beforeEach(() => {
  clock = new ManualClock();
  control = new FakeCallControl(() => clock.nowMs());
  [results, givenBack] = [[], []];
  reserveAnother = async () => lineOn("bare", maxQueueMs);
  const slots = {
    reserveAnother: () => reserveAnother(),
    release: async (slot: ChannelSlot) => void givenBack.push(slot.trunk),
    placing: () => undefined,
    alerted: () => undefined,
    callEnded: async () => undefined,
  };
  const config = telephonyConfig({ maxTrunks: 2 });
  const logger = pino({ level: "silent" });
  dialer = createDialer({ callControls: new Map([["main", control]]), capture: null, config, slots, clock, logger });
});

async function place(slot: ChannelSlot): Promise<void> {
  const numbers = { callee: "+447700900123", callerId: "+12025550147", range: "block" };
  dialer.place(
    { callId: "a1", ...numbers, slot },
    { calling: () => undefined, ringing: () => undefined, ended: (result) => void results.push(result) },
  );
  await settled();
}

const congested = () =>
  control.happens({
    type: "ended",
    callId: "a1",
    q850Cause: 34,
    sipStatus: 503,
    sipCallId: null,
    lastResponse: { status: 503, phrase: "" },
  });

describe("a gateway that wakes up", () => {
  it("does not place a call whose turn passed: it went out late, with all others that waited", async () => {
    await place(lineOn("plus", maxQueueMs));
    clock.freeze(maxQueueMs + mostLateMs + 1);
    expect(control.placed).toEqual([]);
    expect(results).toMatchObject([{ outcome: "interrupted", inviteOver: true, attempts: [] }]);
    expect([givenBack, dialer.liveCalls, clock.pending]).toEqual([["plus"], 0, 0]);
  });

  it("does not place a call for which Redis gave the lease before: that may have ended", async () => {
    const slot = lineOn("plus");
    clock.freeze(60_000);
    await place(slot);
    expect(control.placed).toEqual([]);
    expect(results).toMatchObject([{ outcome: "interrupted" }]);
  });

  it("places a call that is only as late as a slow Redis or a busy process makes it", async () => {
    await place(lineOn("plus", maxQueueMs));
    clock.freeze(maxQueueMs + mostLateMs);
    expect(control.placed).toMatchObject([{ callId: "a1" }]);
  });

  it.each([
    ["between the last look at the clock and the request", true],
    ["before the end of the turn, when INVITEs over SIP are written", false],
  ])("hangs up a call that left late: frozen %s", async (_when, inRequest) => {
    if (inRequest) control.onOriginate = async () => clock.freeze(mostLateMs + 1);
    const placing = place(lineOn("plus"));
    if (!inRequest) clock.freeze(mostLateMs + 1);
    await placing;
    await nextTurn();
    expect(control.placed).toMatchObject([{ callId: "a1" }]);
    expect(control.hungUp).toEqual(["a1"]);
    control.happens({
      type: "ended",
      callId: "a1",
      q850Cause: 16,
      sipStatus: null,
      sipCallId: null,
      lastResponse: null,
    });
    await settled();
    expect(results).toMatchObject([{ outcome: "canceled", alerted: false }]);
    expect([dialer.liveCalls, clock.pending]).toEqual([0, 0]);
  });

  it.each([
    ["while it waited for its turn", maxQueueMs],
    ["while it asked for a slot", 0],
  ])("does not go on to another trunk that its set-up limit leaves no time for: frozen %s", async (_when, waitMs) => {
    let give: () => void = () => undefined;
    reserveAnother = () => new Promise((resolve) => (give = () => resolve(lineOn("bare", waitMs))));
    await place(lineOn("plus"));
    clock.pass(12_000);
    congested();
    if (waitMs > 0) give();
    await settled();
    clock.freeze(5001);
    give();
    await settled();
    expect(control.placed).toMatchObject([{ callId: "a1" }]);
    expect(results).toMatchObject([{ outcome: "congestion", attempts: [{ trunk: "plus" }] }]);
    expect([givenBack, dialer.liveCalls, clock.pending]).toEqual([["bare"], 0, 0]);
  });

  it("does not begin a call on another trunk whose turn comes when no phone can ring in time any more", async () => {
    await place(lineOn("plus"));
    clock.pass(16_000);
    congested();
    await settled();
    clock.pass(maxQueueMs);
    expect(control.placed).toMatchObject([{ callId: "a1" }]);
    expect(results).toMatchObject([{ outcome: "congestion" }]);
  });

  it("hangs up a call whose set-up limit passed, and goes to no other trunk though the carrier then says 503", async () => {
    await place(lineOn("plus"));
    clock.freeze(60_000);
    expect(control.hungUp).toEqual(["a1"]);
    congested();
    await settled();
    expect(control.placed).toMatchObject([{ callId: "a1" }]);
    expect(results).toMatchObject([{ outcome: "congestion" }]);
    expect([dialer.liveCalls, clock.pending]).toEqual([0, 0]);
  });
});
