import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callIdOf, channelIdOf, isNew, type OwnCall } from "../../../src/telephony/drivers/ari-client/calls.ts";
import { readEvent } from "../../../src/telephony/drivers/ari-client/events.ts";

const read = (event: unknown) => readEvent(JSON.stringify(event));

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
      { type: "StasisStart", channel: { id: "c", state: "Up" } },
      { type: "answered", channelId: "c" },
    ],
    [
      { type: "ChannelDestroyed", channel: { id: "c" }, cause: 17, tech_cause: 486 },
      { type: "ended", channelId: "c", q850Cause: 17, sipStatus: 486, sipCallId: null },
    ],
    // Asterisk before 20.17 and 22.7.
    [
      { type: "ChannelDestroyed", channel: { id: "c" }, cause: 17 },
      { type: "ended", channelId: "c", q850Cause: 17, sipStatus: null, sipCallId: null },
    ],
    [
      { type: "ChannelDestroyed", channel: { id: "c" }, cause: 16, tech_cause: 0 },
      { type: "ended", channelId: "c", q850Cause: 16, sipStatus: null, sipCallId: null },
    ],
    [{ type: "ApplicationReplaced", application: "onering" }, { type: "replaced" }],
    [{ type: "SomethingOfTomorrow", channel: { id: "c" } }, null],
    [{ type: "Dial", dialstatus: "RINGING" }, null],
  ])("%j means %j", (event, news) => {
    expect(read(event)).toEqual(news);
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
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          anyEvent.map((e) => JSON.stringify(e)),
        ),
        (text) => {
          const news = readEvent(text);
          if (news !== null && news.type !== "replaced") expect(typeof news.channelId).toBe("string");
        },
      ),
    );
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
    told: new Set(),
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
