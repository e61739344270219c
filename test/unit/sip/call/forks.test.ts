import { describe, expect, it } from "vitest";
import { headerOf, headersOf } from "../../../../src/sip/message.ts";
import { CallSetting, credentials, target } from "./call-setting.ts";

const to = (setting: CallSetting, method: string) => setting.of(method).map(({ request }) => headerOf(request, "to"));
const reliable = (rseq: number) => ({ headers: ["Require: 100rel", `RSeq: ${rseq}`, "Contact: <sip:gw@192.0.2.40>"] });

describe("a forked call", () => {
  it("is known by the tags of its phones", () => {
    const setting = new CallSetting();
    const live = setting.place();
    setting.reply("180 Ringing", { tag: "a" });
    setting.reply("180 Ringing", { tag: "b" });
    setting.reply("199 Early Dialog Terminated", { tag: "a" });
    expect(setting.request("OPTIONS", { tag: "a" })?.status).toBe(481);
    expect(setting.request("OPTIONS", { tag: "b" })?.status).toBe(200);
    live.hangUp();
    setting.reply("487 Request Terminated", { tag: "b" });
    expect(setting.ending?.evidence).toMatchObject({ forked: true, over: true });
    expect(setting.reports).toEqual(["sent", "alerting", "ended"]);
  });

  it("that several phones answer is acknowledged and hung up at each", () => {
    const setting = new CallSetting();
    setting.place();
    for (const tag of ["a", "b", "a", "b", "c"]) setting.reply("200 OK", { tag });
    const tags = (method: string) => to(setting, method).map((value) => value?.split(";tag=")[1]);
    expect(tags("ACK")).toEqual(["a", "b", "a", "b", "c"]);
    expect(tags("BYE")).toEqual(["a", "b", "c"]);
    expect(setting.reports).toEqual(["sent", "answered"]);
    const byes = setting.of("BYE");
    for (const bye of byes) {
      expect(setting.ended).toBe(0);
      setting.reply("200 OK", {}, bye);
    }
    expect(setting.ending?.evidence).toMatchObject({ forked: true, final: { status: 200 } });
    setting.reply("200 OK", { tag: "d" });
    expect(tags("BYE")).toEqual(["a", "b", "c", "d"]);
    expect(setting.ended).toBe(1);
  });

  it("is answered though it was canceled: ACK and BYE", () => {
    const setting = new CallSetting();
    const live = setting.place();
    setting.reply("180 Ringing", { tag: "a" });
    live.hangUp();
    setting.reply("200 OK", { tag: "a" });
    setting.reply("200 OK", {}, setting.last("CANCEL"));
    expect(setting.methods).toEqual(["INVITE", "CANCEL", "ACK", "BYE"]);
    setting.reply("200 OK", {}, setting.last("BYE"));
    expect(setting.reports).toEqual(["sent", "alerting", "answered", "ended"]);
    expect(setting.ending).toMatchObject({ status: 200, evidence: { byeFrom: "us", forked: false, over: true } });
  });

  it("keeps a bound of dialogs, and hangs up every phone all the same", () => {
    const setting = new CallSetting({ targets: [target(5060, "tcp")] });
    setting.place();
    for (let one = 0; one < 40; one++) setting.reply("180 Ringing", { tag: `phone-${one}`, ...reliable(1) });
    expect(setting.of("PRACK")).toHaveLength(16);
    for (let one = 0; one < 40; one++) setting.reply("200 OK", { tag: `phone-${one}` });
    expect(new Set(to(setting, "BYE")).size).toBe(40);
  });
});

describe("a 2xx that no transaction knows", () => {
  const stray = (tag: string, method = "INVITE") =>
    [
      "SIP/2.0 200 OK",
      "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKgone",
      `From: <sip:+12025550147@our.example>;tag=${tag}`,
      "To: <sip:+447700900123@carrier.example>;tag=far",
      "Call-ID: gone@our.example",
      `CSeq: 3 ${method}`,
      "Contact: <sip:gw@192.0.2.40>",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");

  it("is acknowledged and hung up where its tag is ours, and ignored otherwise", () => {
    const setting = new CallSetting();
    const flow = setting.newFlow(target());
    setting.receive(stray("forged"), flow);
    setting.receive(stray("tag-of-gone", "BYE"), flow);
    expect([setting.methods, setting.unhandled]).toEqual([[], ["200", "200"]]);
    setting.receive(stray("tag-of-gone"), flow);
    expect(setting.methods).toEqual(["ACK", "BYE"]);
    const [ack, bye] = setting.sent.map(({ request }) => request);
    expect([ack?.uri, bye?.uri]).toEqual(["sip:gw@192.0.2.40", "sip:gw@192.0.2.40"]);
    expect(setting.sent.map(({ request }) => headerOf(request, "cseq"))).toEqual(["3 ACK", "1003 BYE"]);
  });

  it("is hung up though the BYE is challenged, or a server on the way cannot pass it on", () => {
    const challenge = { headers: [`WWW-Authenticate: Digest realm="r", nonce="n1", qop="auth"`] };
    const setting = new CallSetting({ strayTrunk: { credentials } });
    setting.receive(stray("tag-of-gone"), setting.newFlow(target()));
    setting.reply("401 Unauthorized", challenge, setting.last("BYE"));
    setting.reply("503 Service Unavailable", {}, setting.last("BYE"));
    setting.clock.pass(500);
    setting.reply("200 OK", {}, setting.last("BYE"));
    setting.clock.pass(60_000);
    const byes = setting.of("BYE").map(({ request }) => request);
    expect(byes.map((bye) => headerOf(bye, "cseq"))).toEqual(["1003 BYE", "1004 BYE", "1005 BYE"]);
    expect(byes.map((bye) => headerOf(bye, "authorization")?.includes('nonce="n1"') ?? false)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("whose BYE is challenged is sent no second one where the trunk has no account", () => {
    const setting = new CallSetting();
    setting.receive(stray("tag-of-gone"), setting.newFlow(target()));
    setting.reply(
      "401 Unauthorized",
      { headers: [`WWW-Authenticate: Digest realm="r", nonce="n1"`] },
      setting.last("BYE"),
    );
    expect(setting.of("BYE")).toHaveLength(1);
  });

  it("is hung up at a phone that was sent PRACKs: by a number above theirs, or it stays answered", () => {
    const setting = new CallSetting();
    const live = setting.place({ offers100rel: true });
    for (const tag of ["a", "b"]) setting.reply("180 Ringing", { tag, ...reliable(1) });
    live.hangUp();
    setting.reply("487 Request Terminated", { tag: "a" });
    expect(setting.ended).toBe(1);
    setting.reply("200 OK", { tag: "b", headers: ["Contact: <sip:gw@192.0.2.40>"] });
    const number = (method: string) => Number.parseInt(headerOf(setting.last(method).request, "cseq") ?? "", 10);
    expect(headerOf(setting.last("BYE").request, "to")).toBe(headerOf(setting.last("PRACK").request, "to"));
    expect(number("BYE")).toBeGreaterThan(number("PRACK"));
  });
});

describe("reliable provisional responses (RFC 3262)", () => {
  it("are acknowledged in order, in each dialog, once", () => {
    const setting = new CallSetting();
    setting.place({ offers100rel: true });
    expect(headersOf(setting.last("INVITE").request, "supported")).toEqual(["100rel"]);
    setting.reply("183 Session Progress", { tag: "a", ...reliable(10) });
    setting.reply("183 Session Progress", { tag: "a", ...reliable(10) });
    setting.reply("180 Ringing", { tag: "a", ...reliable(12) });
    setting.reply("180 Ringing", { tag: "b", ...reliable(700) });
    setting.reply("180 Ringing", { tag: "a", ...reliable(11) });
    const pracks = setting.of("PRACK").map(({ request }) => request);
    expect(pracks.map((request) => [headerOf(request, "rack"), headerOf(request, "cseq")])).toEqual([
      ["10 1 INVITE", "2 PRACK"],
      ["700 1 INVITE", "3 PRACK"],
      ["11 1 INVITE", "4 PRACK"],
    ]);
    expect(pracks.map((request) => [request.uri, headerOf(request, "to")?.split(";tag=")[1]])).toEqual([
      ["sip:gw@192.0.2.40", "a"],
      ["sip:gw@192.0.2.40", "b"],
      ["sip:gw@192.0.2.40", "a"],
    ]);
    expect(setting.reports).toEqual(["sent", "progress", "alerting"]);
    for (const prack of setting.of("PRACK")) setting.reply("200 OK", {}, prack);
    setting.reply("200 OK", { tag: "a" });
    expect(headerOf(setting.last("BYE").request, "cseq")).toBe("5 BYE");
  });

  it.each([
    ["no RSeq", ["Require: 100rel"]],
    ["a malformed one", ["Require: 100rel", "RSeq: 99999999999"]],
    ["no Require", ["RSeq: 1", "Supported: 100rel"]],
  ])("with %s are like any other", (_what, headers) => {
    const setting = new CallSetting();
    setting.place();
    setting.reply("180 Ringing", { headers });
    expect(setting.of("PRACK")).toHaveLength(0);
    expect(setting.reports).toEqual(["sent", "alerting"]);
  });
});
