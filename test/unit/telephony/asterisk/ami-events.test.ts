import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvent } from "../../../../src/telephony/asterisk/asterisk-manager/events.ts";
import { inviteOf, inviteText } from "../../../support/invite.ts";

/** A call that came in, as Asterisk 22.10.1 tells of it. */
const userEvent = {
  event: "UserEvent",
  userevent: "OneRingInbound",
  channel: "PJSIP/carrier-a-0000001f",
  uniqueid: "1795327798.0",
  token: "the dialplan's secret",
  invite: inviteText(),
};
const inbound = { type: "inbound", endpoint: "carrier-a", invite: inviteOf(), token: "the dialplan's secret" };

describe("an AMI event", () => {
  it.each([
    [
      { event: "Newchannel", uniqueid: "c", channelstate: "0" },
      { type: "dialing", channelId: "c" },
    ],
    [
      { event: "Newstate", uniqueid: "c", channelstate: "5" },
      { type: "alerting", channelId: "c" },
    ],
    [
      { event: "Newstate", uniqueid: "c", channelstate: "6" },
      { type: "answered", channelId: "c" },
    ],
    [{ event: "Newstate", uniqueid: "c", channelstate: "0" }, null],
    [
      { event: "DialState", destuniqueid: "c", dialstatus: "PROGRESS" },
      { type: "progress", channelId: "c" },
    ],
    [
      { event: "DialState", destuniqueid: "c", dialstatus: "RINGING" },
      { type: "alerting", channelId: "c" },
    ],
    [{ event: "DialState", destuniqueid: "c", dialstatus: "PROCEEDING" }, null],
    [{ event: "DialState", uniqueid: "c", dialstatus: "RINGING" }, null],
    [
      { event: "DialEnd", destuniqueid: "c", dialstatus: "ANSWER" },
      { type: "answered", channelId: "c" },
    ],
    [{ event: "DialEnd", destuniqueid: "c", dialstatus: "BUSY" }, null],
    [
      { event: "Hangup", uniqueid: "c", cause: "17", techcause: "486" },
      { type: "ended", channelId: "c", q850Cause: 17, sipStatus: 486, sipCallId: null, lastResponse: null },
    ],
    // Older Asterisks, and our own hang-ups.
    [
      { event: "Hangup", uniqueid: "c", cause: "16" },
      { type: "ended", channelId: "c", q850Cause: 16, sipStatus: null, sipCallId: null, lastResponse: null },
    ],
    [
      { event: "Hangup", uniqueid: "c", cause: "seventeen", techcause: "0" },
      { type: "ended", channelId: "c", q850Cause: 0, sipStatus: null, sipCallId: null, lastResponse: null },
    ],
    [
      { event: "Hangup", uniqueid: "c", cause: ["1", "2"], techcause: "1486" },
      { type: "ended", channelId: "c", q850Cause: 0, sipStatus: null, sipCallId: null, lastResponse: null },
    ],
    [{ event: "Hangup", uniqueid: ["a", "b"], cause: "17" }, null],
    [
      { event: "OriginateResponse", actionid: "c", uniqueid: "c", response: "Failure", reason: "0" },
      { type: "not_placed", channelId: "c" },
    ],
    [{ event: "OriginateResponse", actionid: "c", uniqueid: "c", response: "Success", reason: "4" }, null],
    [userEvent, inbound],
    [
      { ...userEvent, token: undefined },
      { ...inbound, token: undefined },
    ],
    [
      { ...userEvent, invite: undefined },
      { ...inbound, invite: "unreadable" },
    ],
    // A caller who wrote `Invite: …` or `Channel: PJSIP/…` after a line break.
    [
      { ...userEvent, invite: [inviteText(), inviteText()] },
      { ...inbound, invite: "unreadable" },
    ],
    [{ ...userEvent, channel: ["PJSIP/carrier-a-0000001f", "PJSIP/other-0000001f"] }, null],
    [{ ...userEvent, channel: "Local/s@default-0000001f;1" }, null],
    [{ ...userEvent, userevent: "SomethingElse" }, null],
    [{ event: "Newexten", uniqueid: "c" }, null],
    [{ event: "constructor", uniqueid: "c" }, null],
    [{}, null],
  ])("%j", (event, news) => {
    expect(readEvent(event)).toEqual(news);
  });

  it("never throws and never means anything malformed, whatever comes", () => {
    const names = ["Newchannel", "Newstate", "DialState", "DialEnd", "Hangup", "OriginateResponse", "UserEvent"];
    const texts = ["5", "6", "RINGING", "ANSWER", "Failure", "OneRingInbound", "PJSIP/a-0000001f", "17", "486"];
    const text = fc.oneof(fc.constantFrom(...texts), fc.string({ unit: "binary", maxLength: 100 }));
    // What the package makes of fields: texts, lists of repeated ones, objects of variables.
    const value = fc.oneof(text, fc.array(text), fc.dictionary(fc.string(), text), fc.constant(undefined));
    const keys = ["uniqueid", "destuniqueid", "channelstate", "dialstatus", "cause", "techcause", "actionid"];
    const others = ["response", "userevent", "channel", "invite", "token", "__proto__", "constructor"];
    const fields = fc.dictionary(fc.constantFrom(...keys, ...others), value);
    const event = fc.oneof(fc.constantFrom(...names), text, fc.array(text));
    const check = fc.property(fields, event, (rest, name) => {
      const news = readEvent({ ...rest, event: name });
      if (news === null) return;
      if (news.type === "inbound") {
        expect(news.invite).toBe("unreadable");
        expect(news.endpoint).not.toBe("");
        return;
      }
      expect(typeof news.channelId).toBe("string");
      if (news.type !== "ended") return;
      expect(Number.isInteger(news.q850Cause)).toBe(true);
      expect(news.sipStatus === null || (news.sipStatus >= 200 && news.sipStatus <= 699)).toBe(true);
    });
    fc.assert(check, { numRuns: 2000 });
  });
});
