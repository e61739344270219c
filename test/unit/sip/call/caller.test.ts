import { describe, expect, it } from "vitest";
import { headerOf, headersOf } from "../../../../src/sip/message.ts";
import { CallSetting, target } from "./call-setting.ts";

describe("a short call", () => {
  it("is written in the turn in which it is placed, with what carriers ask of an INVITE", () => {
    const setting = new CallSetting();
    const call = setting.place();
    const { request } = setting.last("INVITE");
    expect(setting.flows[0]?.texts[0]?.replace(/z9hG4bK\w+/, "z9hG4bKbranch").split("\r\n")).toMatchInlineSnapshot(`
      [
        "INVITE sip:+447700900123@carrier.example SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKbranch;rport",
        "Max-Forwards: 70",
        "From: <sip:+12025550147@our.example>;tag=tag-of-attempt-1",
        "To: <sip:+447700900123@carrier.example>",
        "Call-ID: attempt-1@our.example",
        "CSeq: 1 INVITE",
        "Contact: <sip:+12025550147@192.0.2.1:5060>",
        "Expires: 60",
        "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, OPTIONS",
        "User-Agent: OneRing",
        "P-Asserted-Identity: <sip:+12025550147@our.example>",
        "Content-Type: application/sdp",
        "Content-Length: 232",
        "",
        "v=0",
        "o=- 1800000001 1800000001 IN IP4 192.0.2.1",
        "s=-",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "m=audio 10002 RTP/AVP 8 0 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        "a=ptime:20",
        "a=sendrecv",
        "",
      ]
    `);
    expect(call.sipCallId).toBe("attempt-1@our.example");
    expect(headersOf(request, "supported")).toEqual([]);
    expect(setting.reports).toEqual(["sent"]);
  });

  it("that rings is canceled, and ends with the 487", () => {
    const setting = new CallSetting();
    const live = setting.place();
    const startMs = setting.clock.nowMs();
    setting.clock.pass(10);
    setting.reply("100 Trying", { tag: null });
    setting.clock.pass(90);
    setting.reply("183 Session Progress");
    setting.clock.pass(900);
    setting.reply("180 Ringing");
    setting.clock.pass(3000);
    live.hangUp();
    live.hangUp();
    expect(setting.methods).toEqual(["INVITE", "CANCEL"]);
    setting.clock.pass(5);
    setting.reply("200 OK", {}, setting.last("CANCEL"));
    setting.clock.pass(5);
    expect(setting.ended).toBe(0);
    setting.reply("487 Request Terminated");
    expect(setting.methods).toEqual(["INVITE", "CANCEL", "ACK"]);
    expect(setting.reports).toEqual(["sent", "progress", "alerting", "ended"]);
    expect(setting.ending).toEqual({
      status: 487,
      phrase: "Request Terminated",
      q850Cause: null,
      missing: null,
      evidence: {
        inviteAtMs: startMs,
        respondedAtMs: startMs + 10,
        progressAtMs: startMs + 100,
        alertingAtMs: startMs + 1000,
        canceledAtMs: startMs + 4000,
        cancelAcceptedAtMs: startMs + 4005,
        final: { atMs: startMs + 4010, status: 487, q850Cause: null, networkBlocked: false, redressUrl: null },
        forked: false,
        byeFrom: null,
        over: true,
      },
    });
    expect(setting.caller.calls).toBe(0);
    expect(setting.errors).toEqual([]);
  });

  it("that is hung up before any response is canceled with the first one", () => {
    const setting = new CallSetting({ targets: [target(5060, "tcp")] });
    setting.place().hangUp();
    expect(setting.methods).toEqual(["INVITE"]);
    setting.clock.pass(700);
    setting.reply("100 Trying", { tag: null });
    expect(setting.methods).toEqual(["INVITE", "CANCEL"]);
    setting.clock.pass(20);
    setting.reply("487 Request Terminated");
    expect(setting.ending?.evidence).toMatchObject({ canceledAtMs: setting.clock.nowMs() - 20, over: true });
  });

  it("that is answered is acknowledged and hung up at once, and ends with the answer to BYE", () => {
    const setting = new CallSetting();
    setting.place();
    setting.reply("180 Ringing");
    setting.reply("200 OK", { headers: ["Contact: <sip:phone@192.0.2.77:5062>"] });
    expect(setting.methods).toEqual(["INVITE", "ACK", "BYE"]);
    const [ack, bye] = [setting.last("ACK").request, setting.last("BYE").request];
    expect([ack.uri, headerOf(ack, "cseq")]).toEqual(["sip:phone@192.0.2.77:5062", "1 ACK"]);
    expect([bye.uri, headerOf(bye, "cseq")]).toEqual(["sip:phone@192.0.2.77:5062", "2 BYE"]);
    expect(setting.reports).toEqual(["sent", "alerting", "answered"]);
    setting.reply("200 OK", {}, setting.last("BYE"));
    expect(setting.ending).toMatchObject({ status: 200, missing: null, evidence: { byeFrom: "us", over: true } });
  });
});
