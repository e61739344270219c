import { describe, expect, it } from "vitest";
import { headerOf } from "../../../../src/sip/message.ts";
import { CallSetting } from "./call-setting.ts";

const reliable = ["Require: 100rel", "RSeq: 1", "Contact: <sip:gw@192.0.2.40>"];
const sdp = (media: string) =>
  `v=0\r\no=- 1 1 IN IP4 192.0.2.40\r\ns=-\r\nc=IN IP4 192.0.2.40\r\nt=0 0\r\n${media}\r\n`;
const type = "Content-Type: application/sdp";

/** A call that rings, its offer answered in a reliable 183 where `answered`. */
function ringing(answered = false): CallSetting {
  const setting = new CallSetting();
  setting.place();
  setting.reply("183 Session Progress", answered ? { headers: reliable, body: sdp("m=audio 9 RTP/AVP 8") } : {});
  setting.reply("180 Ringing");
  return setting;
}

describe("requests of the far end inside a call", () => {
  it.each([
    ["OPTIONS", 200],
    ["INFO", 200],
    ["UPDATE", 200],
    ["BYE", 200],
    ["PRACK", 481],
    ["INVITE", 491],
    ["REFER", 405],
    ["MESSAGE", 405],
  ])("%s while it rings: %i", (method, status) => {
    const setting = ringing();
    expect(setting.request(method)?.status).toBe(status);
    expect(setting.ended).toBe(0);
  });

  it.each([
    ["OPTIONS", 481],
    ["INFO", 481],
    ["UPDATE", 481],
    ["INVITE", 481],
    ["BYE", 200],
  ])("%s after our BYE: %i (RFC 5407)", (method, status) => {
    const setting = ringing();
    setting.reply("200 OK");
    expect(setting.request(method)?.status).toBe(status);
  });

  it("are answered 481 in a dialog that is not ours, and left to others outside of any call", () => {
    const setting = ringing();
    expect(setting.request("UPDATE", { tag: "another" })?.status).toBe(481);
    expect(setting.request("BYE", { ourTag: "another" })?.status).toBe(481);
    setting.reply("486 Busy Here");
    setting.request("BYE", { cseq: 7 });
    expect(setting.unhandled).toEqual(["BYE"]);
  });

  it("whose Require cannot be written back are answered 400", () => {
    expect(ringing().request("INFO", { headers: ["Require: x\\\0"] })?.status).toBe(400);
  });

  it("that were overtaken are answered 500", () => {
    const setting = ringing();
    expect(setting.request("OPTIONS", { cseq: 5 })?.status).toBe(200);
    expect(setting.request("INFO", { cseq: 4 })?.status).toBe(500);
    expect(setting.request("INFO", { cseq: 6 })?.status).toBe(200);
  });

  it("that require what we do not have are answered 420: session timers, too", () => {
    const refused = ringing().request("UPDATE", { headers: ["Require: timer, 100rel", "Session-Expires: 90"] });
    expect([refused?.status, headerOf(refused as never, "unsupported")]).toEqual([420, "timer"]);
    const without = ringing().request("UPDATE", { headers: ["Supported: timer", "Session-Expires: 1800"] });
    expect([without?.status, headerOf(without as never, "session-expires")]).toEqual([200, null]);
  });

  it("with an info package are answered 469", () => {
    expect(ringing().request("INFO", { headers: ["Info-Package: dtmf"] })?.status).toBe(469);
  });

  it("UPDATE with an offer: 491 before ours is answered, then 200 with SDP, or 488", () => {
    const offer = { headers: [type], body: sdp("m=audio 4000 RTP/AVP 18 0 101\r\na=rtpmap:101 telephone-event/8000") };
    expect(ringing().request("UPDATE", offer)?.status).toBe(491);
    const setting = ringing(true);
    const taken = setting.request("UPDATE", offer);
    expect(taken?.status).toBe(200);
    expect(headerOf(taken as never, "contact")).toBe("<sip:+12025550147@192.0.2.1:5060>");
    expect(taken?.rest).toContain("RTP/AVP 0 101\r\n");
    const video = { headers: [type], body: sdp("m=video 4000 RTP/AVP 99"), cseq: 2 };
    expect(setting.request("UPDATE", video)?.status).toBe(488);
    const other = { headers: ["Content-Type: text/plain"], body: "hello", cseq: 3 };
    expect(setting.request("UPDATE", other)?.status).toBe(415);
  });

  it("BYE is in the evidence", () => {
    const setting = ringing();
    setting.request("BYE");
    setting.reply("487 Request Terminated");
    expect(setting.ending?.evidence).toMatchObject({ byeFrom: "far_end" });
  });
});
