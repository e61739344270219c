import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvent, waitingIn } from "../../../../src/telephony/asterisk/ari/events.ts";
import { callIdOf, channelIdOf, isNew, type OwnCall } from "../../../../src/telephony/asterisk/own-calls.ts";
import { inviteOf, inviteText } from "../../../support/invite.ts";

/** An incoming call as Asterisk 22.10.1 tells of it. */
const text = inviteText({ called: "+12025550147" });
const incomingChannel = {
  id: "1795327798.0",
  name: "PJSIP/calls-in-00000000",
  state: "Ring",
  caller: { name: "Eve", number: "+447700900123" },
  dialplan: {
    context: "inbound",
    exten: "+12025550147",
    priority: 1,
    app_name: "Stasis",
    app_data: `onering,inbound,${text}`,
  },
};
const incoming = { endpoint: "calls-in", invite: inviteOf({ called: "+12025550147" }) };

describe("an ARI event", () => {
  it.each([
    [
      { type: "Dial", dialstatus: "", peer: { id: "c" } },
      { type: "dialing", channelId: "c" },
    ],
    [
      { type: "Dial", dialstatus: "PROGRESS", peer: { id: "c" } },
      { type: "progress", channelId: "c" },
    ],
    [
      { type: "Dial", dialstatus: "RINGING", peer: { id: "c" } },
      { type: "alerting", channelId: "c" },
    ],
    [
      { type: "Dial", dialstatus: "ANSWER", peer: { id: "c" } },
      { type: "answered", channelId: "c" },
    ],
    [{ type: "Dial", dialstatus: "BUSY", peer: { id: "c" } }, null],
    [
      { type: "ChannelStateChange", channel: { id: "c", state: "Ringing" } },
      { type: "alerting", channelId: "c" },
    ],
    [
      { type: "ChannelStateChange", channel: { id: "c", state: "Up" } },
      { type: "answered", channelId: "c" },
    ],
    [{ type: "ChannelStateChange", channel: { id: "c", state: "Down" } }, null],
    [
      { type: "ChannelDtmfReceived", digit: "1", duration_ms: 100, channel: { id: "c" } },
      { type: "key", channelId: "c", key: "1" },
    ],
    [{ type: "ChannelDtmfReceived", digit: "11", channel: { id: "c" } }, null],
    [
      { type: "PlaybackFinished", playback: { id: "a.c.p1", target_uri: "channel:a.c.", state: "done" } },
      { type: "played", channelId: "a.c.", playbackId: "p1", complete: true },
    ],
    [
      { type: "PlaybackFinished", playback: { id: "a.c.p2", target_uri: "channel:a.c.", state: "failed" } },
      { type: "played", channelId: "a.c.", playbackId: "p2", complete: false },
    ],
    [{ type: "PlaybackFinished", playback: { id: "other", target_uri: "channel:a.c.", state: "done" } }, null],
    [{ type: "PlaybackFinished", playback: { id: "b1", target_uri: "bridge:b", state: "done" } }, null],
    [
      { type: "StasisStart", args: [], channel: { id: "c", state: "Up" } },
      { type: "entered", channelId: "c", incoming: null },
    ],
    [
      { type: "StasisStart", args: ["inbound", text], channel: incomingChannel },
      { type: "entered", channelId: "1795327798.0", incoming },
    ],
    [
      { type: "StasisStart", args: ["inbound", "more"], channel: { id: "c" } },
      { type: "entered", channelId: "c", incoming: { endpoint: "", invite: "unreadable" } },
    ],
    [
      { type: "StasisStart", args: ["outbound"], channel: incomingChannel },
      { type: "entered", channelId: "1795327798.0", incoming: null },
    ],
    [{ type: "StasisStart", args: ["inbound"] }, null],
    [
      { type: "ChannelDestroyed", channel: { id: "c" }, cause: 17, tech_cause: 486 },
      { type: "ended", channelId: "c", q850Cause: 17, sipStatus: 486, sipCallId: null, lastResponse: null },
    ],
    // Asterisk before 20.17 and 22.7.
    [
      { type: "ChannelDestroyed", channel: { id: "c" }, cause: 17 },
      { type: "ended", channelId: "c", q850Cause: 17, sipStatus: null, sipCallId: null, lastResponse: null },
    ],
    [
      { type: "ChannelDestroyed", channel: { id: "c" }, cause: 16, tech_cause: 0 },
      { type: "ended", channelId: "c", q850Cause: 16, sipStatus: null, sipCallId: null, lastResponse: null },
    ],
    [{ type: "ApplicationReplaced", application: "onering" }, { type: "replaced" }],
    [{ type: "SomethingOfTomorrow", channel: { id: "c" } }, null],
    [{ type: "Dial", dialstatus: "RINGING" }, null],
  ])("%j means %j", (event, news) => {
    expect(readEvent(event)).toEqual(news);
  });

  it("of any shape is read without a throw", () => {
    const anyEvent = fc.record(
      {
        type: fc.oneof(
          fc.constantFrom("Dial", "ChannelStateChange", "ChannelDestroyed", "StasisStart"),
          fc.jsonValue(),
        ),
        channel: fc.jsonValue(),
        peer: fc.jsonValue(),
        dialstatus: fc.jsonValue(),
        cause: fc.jsonValue(),
        tech_cause: fc.jsonValue(),
        args: fc.oneof(fc.constant(["inbound"]), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), anyEvent), (event) => {
        const news = readEvent(event);
        if (news !== null && news.type !== "replaced") expect(typeof news.channelId).toBe("string");
      }),
    );
  });
});

describe("an incoming call", () => {
  const read = (changed: object) =>
    readEvent({ type: "StasisStart", args: ["inbound"], channel: { ...incomingChannel, ...changed } });

  it.each([
    ["PJSIP/carrier-a-0000001f", "carrier-a"],
    ["PJSIP/carrier.b_2-deadbeef", "carrier.b_2"],
    ["Local/100@default-00000001;1", ""],
    ["PJSIP/", ""],
  ])("by %s came in on %j", (name, endpoint) => {
    expect(read({ name })).toMatchObject({ incoming: { endpoint } });
  });

  it("is whose INVITE says so, whatever Asterisk shows as the caller", () => {
    // As by a dialplan that does not pass the INVITE on.
    expect(read({})).toMatchObject({ incoming: { invite: "unreadable" } });
    const event = { type: "StasisStart", args: ["inbound", text], channel: { ...incomingChannel, caller: null } };
    expect(readEvent(event)).toMatchObject({ incoming });
  });

  it("that waits in our application is told from others in a list of channels", () => {
    const at = (dialplan: unknown) => waitingIn("onering", { ...incomingChannel, dialplan });
    const { dialplan } = incomingChannel;
    expect(at(dialplan)).toEqual(incoming);
    expect(at({ ...dialplan, app_data: "onering" })).toBeNull();
    expect(at({ ...dialplan, app_data: "onering-2,inbound" })).toBeUndefined();
    expect(at({ ...dialplan, app_name: "Playback" })).toBeUndefined();
    expect(at(null)).toBeUndefined();
  });
});

describe("channel ids", () => {
  it("do not start one another, which Asterisk takes for a duplicate", () => {
    expect(channelIdOf("onering", "a20").startsWith(channelIdOf("onering", "a2"))).toBe(false);
  });

  it("are told apart between applications whose names start the same", () => {
    expect(callIdOf("onering", channelIdOf("onering", "a1"))).toBe("a1");
    expect(callIdOf("onering", channelIdOf("onering-2", "a1"))).toBeNull();
    expect(callIdOf("onering", "1700000000.12")).toBeNull();
  });
});

describe("news of a call", () => {
  const fresh = (): OwnCall => ({
    callId: "a",
    channelId: "onering.a",
    goneByMs: 0,
    placing: false,
    wanted: true,
    hangupsUnderWay: 0,
    reported: new Set(),
  });

  it("is told once, in an order that makes sense, however often and in whatever order it comes", () => {
    const kinds = fc.constantFrom("progress" as const, "alerting" as const, "answered" as const);
    fc.assert(
      fc.property(fc.array(kinds), (kindsSeen) => {
        const call = fresh();
        const told = kindsSeen.filter((kind) => isNew(call, kind));
        expect(new Set(told).size).toBe(told.length);
        expect(told).toEqual((["progress", "alerting", "answered"] as const).filter((kind) => told.includes(kind)));
      }),
    );
  });
});
