/** What Asterisk never says, or does not say yet. */
import { describe, expect, it } from "vitest";
import type { Speaks } from "../../../support/server-messages.ts";
import type { DriverUnderTest, Setting } from "./setting.ts";

const oddMessages: Readonly<Record<Speaks, readonly (readonly [what: string, text: string])[]>> = {
  ari: [
    ["malformed JSON", '{"type":"Dial",'],
    ["no JSON at all", "\u0000\u0001 hello"],
    ["an event type of tomorrow", '{"type":"ChannelTeleported","channel":{"id":"onering.x."}}'],
    ["an event named like Node's own", '{"type":"error","message":"boom"}'],
    ["an event without its channel", '{"type":"ChannelDestroyed"}'],
    ["an event that is a list", "[1,2,3]"],
    ["null", "null"],
    ["an answer to nobody's request", '{"type":"RESTResponse","request_id":"999999","status_code":200}'],
    ["an answer that says nothing", '{"type":"RESTResponse"}'],
    ["an answer of another shape", '{"type":"RESTResponse","request_id":{},"status_code":"ok","message_body":[]}'],
  ],
  ami: [
    ["lines that are no fields", "hello\r\n: world\r\n\u0000\u0001"],
    [
      "an event type of tomorrow",
      "Event: ChannelTeleported\r\nUniqueid: onering.x.\r\nChannel: PJSIP/carrier-00000001",
    ],
    ["an event named like Node's own", "Event: error\r\nMessage: boom"],
    ["an event without its channel", "Event: Hangup\r\nCause: 16"],
    ["an event with a field twice", "Event: Hangup\r\nUniqueid: a\r\nUniqueid: b\r\nCause: x\r\nCause: y"],
    ["an event with no name", "Event:"],
    ["an answer to nobody's request", "Response: Success\r\nActionID: 999999\r\nMessage: done"],
    ["an answer that says nothing", "Response:"],
  ],
};

export function survivesOddMessages(setting: Setting, { listensAt }: DriverUnderTest): void {
  const { world, driver, log, place } = setting;

  describe("survives", () => {
    it.each(oddMessages[listensAt])("%s, and goes on telling", async (_, text) => {
      await world().carrier([{ send: "180 Ringing" }, { pauseMs: 100 }, { send: "486 Busy Here" }, "ack"]);
      world().proxy.inject(text);
      const callId = await place();
      await log().event(callId, "alerting");
      world().proxy.inject(text);
      expect(await log().event(callId, "ended")).toMatchObject({ sipStatus: 486 });
      expect(log().types(callId)).toEqual(["alerting", "ended"]);
      expect(log().connections).toEqual([true]);
      expect(driver().connected).toBe(true);
    });
  });
}
