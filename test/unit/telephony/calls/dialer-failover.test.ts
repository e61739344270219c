import { describe, expect, it } from "vitest";
import { OriginateError } from "../../../../src/telephony/call-control/port.ts";
import type { ChannelSlot } from "../../../../src/telephony/trunks/slots-port.ts";
import { settled } from "../telephony-config.ts";
import { dialerSetting, lineOn } from "./dialer-setting.ts";

/** A dialer that finds a slot on the trunk `bare` whenever it asks for another. */
function failingOver() {
  const setting = dialerSetting({ maxTrunks: 3 });
  setting.anotherLine = async () => lineOn("bare");
  return setting;
}

describe("failover to another trunk", () => {
  it("keeps the caller ID, tells `calling` once, and lists what was tried", async () => {
    const { clock, control, dialer, told, results, givenBack, over, place, ends } = failingOver();
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
        attempts: [
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
    const { control, place, ends } = failingOver();
    place();
    await settled();
    ends("a1", cause, status);
    await settled();
    expect(control.placed).toHaveLength(2);
  });

  it("happens where Asterisk cannot reach the trunk", async () => {
    const { control, place } = failingOver();
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
    const { control, results, place, ends } = failingOver();
    place();
    await settled();
    ends("a1", cause, status);
    await settled();
    expect([control.placed.length, results.length]).toEqual([1, 1]);
  });

  it("never happens after the phone rang", async () => {
    const { control, results, place, ends } = failingOver();
    place();
    await settled();
    control.happens({ type: "alerting", callId: "a1" });
    ends("a1", 34, 503);
    await settled();
    expect(control.placed).toHaveLength(1);
    expect(results).toMatchObject([{ outcome: "congestion", alerted: true }]);
  });

  it("never happens while an INVITE may be alive: nobody knows whether Asterisk took the call", async () => {
    const { clock, control, results, place, ownEnd } = failingOver();
    control.onOriginate = () => Promise.reject(new OriginateError("no_response", "ETIMEDOUT"));
    place();
    await settled();
    ownEnd();
    await settled();
    clock.pass(60_000);
    await settled();
    expect([control.placed.length, results.length]).toEqual([1, 1]);
  });

  it.each([
    ["a connection broke before any response", 0],
    ["a connection broke after 100", 100],
    ["neither the capture nor Asterisk says whose 503 it was", null],
  ])("never happens where %s: the phone may ring", async (_, lastStatus) => {
    const { control, results, place, ends } = failingOver();
    place();
    await settled();
    ends("a1", 34, 503, null, lastStatus);
    await settled();
    expect(control.placed).toHaveLength(1);
    expect(results).toMatchObject([{ endedBy: "unknown", inviteOver: false }]);
  });

  it("keeps the INVITE that may be alive in mind, though an earlier trunk knew the number: the callee is held", async () => {
    const { results, place, ends } = failingOver();
    place();
    await settled();
    ends("a1", 1, 404);
    await settled();
    ends("a1-t2", 34, 503, null, 180);
    await settled();
    expect(results).toMatchObject([{ outcome: "interrupted", endedBy: "unknown", inviteOver: false }]);
  });

  it.each([401, 407])("happens after %s: another trunk may have the right password", async (status) => {
    const { control, place, ends } = failingOver();
    place();
    await settled();
    ends("a1", 21, status);
    await settled();
    expect(control.placed).toHaveLength(2);
  });

  it.each([
    [127, 400],
    [58, 488],
    [34, 501],
    [127, 481],
  ])("happens after cause %s, status %s: no phone rings, and it says nothing of the number", async (cause, status) => {
    const { control, place, ends } = failingOver();
    place();
    await settled();
    ends("a1", cause, status);
    await settled();
    expect(control.placed).toHaveLength(2);
  });

  it("never happens after our own hang-up at the set-up limit", async () => {
    const { clock, control, results, place, ownEnd } = failingOver();
    place();
    await settled();
    clock.pass(20_000);
    ownEnd();
    await settled();
    expect([control.placed.length, results.length]).toEqual([1, 1]);
  });

  it("shares one set-up limit over all trunks, and does not begin what cannot ring in time", async () => {
    const { clock, control, place, ends } = failingOver();
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
    const { control, results, place, ends } = failingOver();
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
    const { results, place, ends } = failingOver();
    place();
    await settled();
    ends("a1", 1, 404);
    await settled();
    ends("a1-t2", 34, 503);
    await settled();
    ends("a1-t3", 34, 503);
    await settled();
    expect(results).toMatchObject([{ outcome: "unallocated", attempts: [{}, { outcome: "congestion" }, {}] }]);
  });

  it("is not given up for a short break of Redis: all calls that were failing over became undeliverable", async () => {
    const setting = failingOver();
    const { clock, control, place, ends } = setting;
    let breaks = 2;
    setting.anotherLine = async () => {
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
    const setting = failingOver();
    const { clock, control, dialer, results, place, ends } = setting;
    setting.anotherLine = () => Promise.reject(new Error("no Redis"));
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

  it("gives the other slot back where the attempt was canceled meanwhile", async () => {
    const setting = failingOver();
    const { control, dialer, results, givenBack, place, ends } = setting;
    let give: (slot: ChannelSlot) => void = () => undefined;
    setting.anotherLine = () => new Promise((resolve) => (give = resolve));
    place();
    await settled();
    ends("a1", 34, 503);
    dialer.cancel("a1");
    give(lineOn("bare"));
    await settled();
    expect([control.placed.length, givenBack, results.length]).toEqual([1, ["bare"], 1]);
  });
});
