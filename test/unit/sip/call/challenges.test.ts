import { describe, expect, it } from "vitest";
import { headerOf, type SipRequestMessage } from "../../../../src/sip/message.ts";
import { CallSetting, credentials, settle, target } from "./call-setting.ts";

const challenge = (nonce: string, stale = "") => ({
  tag: "proxy",
  headers: [`WWW-Authenticate: Digest realm="r", nonce="${nonce}", qop="auth"${stale}`],
});
const proxyChallenge = (nonce: string) => ({
  tag: "proxy",
  headers: [`Proxy-Authenticate: Digest realm="r", nonce="${nonce}", qop="auth"`],
});
/** Which nonce a header answers, and how often it was used. */
const answered = (request: SipRequestMessage, name = "authorization") =>
  /nonce="(\w+)".*nc=0*(\d+)/
    .exec(headerOf(request, name) ?? "")
    ?.slice(1)
    .join(" ");
const unauthorized = "401 Unauthorized";
const sentCSeqs = (setting: CallSetting) => setting.sent.map(({ request }) => headerOf(request, "cseq"));

describe("a challenged call", () => {
  it("is sent again with credentials, the same tag and the next CSeq", () => {
    const setting = new CallSetting();
    setting.place({ credentials });
    setting.reply("100 Trying", { tag: null });
    setting.reply(unauthorized, challenge("n1"));
    expect(sentCSeqs(setting)).toEqual(["1 INVITE", "1 ACK", "2 INVITE"]);
    const [first, second] = setting.of("INVITE").map(({ request }) => request);
    for (const name of ["from", "to", "call-id"]) {
      expect(headerOf(second as never, name)).toBe(headerOf(first as never, name));
    }
    expect(second?.rest).toBe(first?.rest);
    expect(answered(second as never)).toBe("n1 1");
    setting.reply("180 Ringing");
    setting.reply("486 Busy Here");
    expect(setting.reports).toEqual(["sent", "alerting", "ended"]);
    expect(setting.ending).toMatchObject({ status: 486, evidence: { forked: false, over: true } });
  });

  it("ends with the challenge where there is no password, and that is over", () => {
    const setting = new CallSetting();
    setting.place();
    setting.reply(unauthorized, challenge("n1"));
    expect(setting.ending).toMatchObject({ status: 401, missing: null, evidence: { over: true } });
  });

  it("is sent once more with a new nonce where the old is stale, and never in a loop", () => {
    const setting = new CallSetting();
    setting.place({ credentials });
    for (let one = 0; one < 10 && setting.ended === 0; one++) {
      setting.reply(unauthorized, challenge(`n${one}`, ", stale=true"));
    }
    expect(setting.of("INVITE")).toHaveLength(4);
    expect(setting.ending).toMatchObject({ status: 401 });
  });

  it("ends where the credentials are refused", () => {
    const setting = new CallSetting();
    setting.place({ credentials });
    setting.reply(unauthorized, challenge("n1"));
    setting.reply(unauthorized, challenge("n2"));
    expect(setting.of("INVITE")).toHaveLength(2);
    expect(setting.ending).toMatchObject({ status: 401, evidence: { over: true } });
  });

  it("answers a proxy and a server; ACK repeats the credentials, and BYE has its own", () => {
    const setting = new CallSetting();
    setting.place({ credentials });
    setting.reply("407 Proxy Authentication Required", proxyChallenge("p1"));
    setting.reply(unauthorized, challenge("n1"));
    setting.reply("200 OK");
    const values = (method: string) =>
      ["proxy-authorization", "authorization"].map((name) => answered(setting.last(method).request, name));
    expect(values("INVITE")).toEqual(["p1 2", "n1 1"]);
    expect(values("ACK")).toEqual(values("INVITE"));
    expect(values("BYE")).toEqual(["p1 3", "n1 2"]);
    expect(headerOf(setting.last("ACK").request, "cseq")).toBe("3 ACK");
  });

  it("whose BYE is challenged answers that too, with a bound", () => {
    const setting = new CallSetting();
    setting.place({ credentials });
    setting.reply("200 OK");
    for (let one = 0; one < 10 && setting.ended === 0; one++) {
      setting.reply(unauthorized, challenge(`b${one}`, ", stale=true"), setting.last("BYE"));
    }
    expect(setting.of("BYE").map(({ request }) => answered(request))).toEqual([undefined, "b0 1", "b1 1"]);
    expect(setting.ended).toBe(1);
  });

  it("whose BYE is challenged by a server that takes each nonce once is hung up: the phone stayed answered", () => {
    const setting = new CallSetting();
    setting.place({ credentials });
    setting.reply(unauthorized, challenge("n1"));
    setting.reply("200 OK");
    setting.reply(unauthorized, challenge("n2"), setting.last("BYE"));
    expect(setting.of("BYE").map(({ request }) => answered(request))).toEqual(["n1 2", "n2 1"]);
    setting.reply("200 OK", {}, setting.last("BYE"));
    expect(setting.ended).toBe(1);
    // A password that is wrong is noticed all the same.
    const refused = new CallSetting();
    refused.place({ credentials });
    refused.reply(unauthorized, challenge("n1"));
    refused.reply("200 OK");
    for (const nonce of ["n2", "n3", "n4"])
      if (refused.ended === 0) refused.reply(unauthorized, challenge(nonce), refused.last("BYE"));
    expect(refused.of("BYE")).toHaveLength(2);
    expect(refused.ended).toBe(1);
  });

  it("hung up between the two INVITEs is sent no second time", () => {
    const setting = new CallSetting();
    setting.place({ credentials }).hangUp();
    setting.reply(unauthorized, challenge("n1"));
    expect(setting.methods).toEqual(["INVITE", "ACK"]);
    expect(setting.ending).toMatchObject({ status: 401, evidence: { over: true } });
  });

  it("hung up while the second INVITE waits for a connection is sent no second time", async () => {
    const setting = new CallSetting({
      targets: [target(5060, "tcp")],
      connects: (to) => setting.newFlow(to),
    });
    const live = setting.place({ credentials });
    await settle();
    const [flow] = setting.flows;
    if (flow !== undefined) flow.open = false;
    setting.reply(unauthorized, challenge("n1"));
    live.hangUp();
    await settle();
    expect(setting.of("INVITE")).toHaveLength(1);
    expect(setting.ending).toMatchObject({ status: 401, missing: null });
  });

  it("hung up after the second INVITE is canceled by that one's number", () => {
    const setting = new CallSetting();
    const live = setting.place({ credentials });
    setting.reply(unauthorized, challenge("n1"));
    live.hangUp();
    expect(setting.of("CANCEL")).toHaveLength(0);
    setting.reply("180 Ringing");
    expect(headerOf(setting.last("CANCEL").request, "cseq")).toBe("2 CANCEL");
    setting.reply("487 Request Terminated");
    expect(setting.ending).toMatchObject({ status: 487 });
  });

  it("is not sent again once a phone may have rung", () => {
    const setting = new CallSetting();
    setting.place({ credentials });
    setting.reply("180 Ringing");
    setting.reply(unauthorized, challenge("n1"));
    expect(setting.of("INVITE")).toHaveLength(1);
    expect(setting.ending).toMatchObject({ status: 401 });
  });
});

describe("another target (RFC 3263 section 4.3)", () => {
  const two = [target(5060), target(5070)];

  it("is tried after 503, with a new branch and the same Call-ID, tag and CSeq", () => {
    const setting = new CallSetting({ targets: two });
    setting.place();
    setting.reply("100 Trying", { tag: null });
    setting.reply("503 Service Unavailable", { headers: ["Retry-After: 9"] });
    const [first, second] = setting.of("INVITE");
    expect([first?.flow.remote.port, second?.flow.remote.port]).toEqual([5060, 5070]);
    for (const name of ["from", "call-id", "cseq"]) {
      expect(headerOf(second?.request as never, name)).toBe(headerOf(first?.request as never, name));
    }
    expect(headerOf(second?.request as never, "via")).not.toBe(headerOf(first?.request as never, "via"));
    expect(setting.failedTargets).toEqual([two[0]]);
    setting.reply("486 Busy Here");
    expect(setting.ending).toMatchObject({ status: 486 });
    expect(setting.reports).toEqual(["sent", "ended"]);
  });

  it("that does not know the first one's nonce challenges again: its 401 was taken for a wrong password", () => {
    const setting = new CallSetting({ targets: two });
    setting.place({ credentials });
    setting.reply(unauthorized, challenge("a1"));
    setting.reply("503 Service Unavailable");
    setting.reply(unauthorized, challenge("b1"));
    expect(setting.of("INVITE").map(({ request }) => answered(request))).toEqual([undefined, "a1 1", "a1 2", "b1 1"]);
    setting.reply("180 Ringing");
    setting.reply("486 Busy Here");
    expect(setting.ending).toMatchObject({ status: 486 });
    const wrong = new CallSetting({ targets: two });
    wrong.place({ credentials });
    wrong.reply(unauthorized, challenge("a1"));
    wrong.reply("503 Service Unavailable");
    wrong.reply(unauthorized, challenge("b1"));
    wrong.reply(unauthorized, challenge("b2"));
    expect(wrong.of("INVITE")).toHaveLength(4);
    expect(wrong.ending).toMatchObject({ status: 401 });
  });

  it("is not tried after 503 where a phone may have rung, or we hung up", () => {
    const rang = new CallSetting({ targets: two });
    rang.place();
    rang.reply("183 Session Progress");
    rang.reply("503 Service Unavailable");
    const hungUp = new CallSetting({ targets: two });
    hungUp.place().hangUp();
    hungUp.reply("503 Service Unavailable");
    for (const setting of [rang, hungUp]) {
      expect(setting.of("INVITE")).toHaveLength(1);
      expect(setting.ending).toMatchObject({ status: 503 });
    }
  });

  it("is tried where a flow takes nothing; the first is not reported as sent", async () => {
    const closed = new CallSetting({
      targets: [target(5060, "tcp"), target(5070, "tcp")],
      connects: (to) => {
        const opened = closed.newFlow(to);
        if (to.port === 5060) opened.takes = () => false;
        return opened;
      },
    });
    closed.place();
    await settle();
    expect(closed.sent.map((one) => one.flow.remote.port)).toEqual([5070]);
    expect(closed.reports).toEqual(["sent"]);
  });

  it("is not tried where the INVITE was sent and nothing came back", () => {
    const setting = new CallSetting({ targets: [target(5060, "tcp"), target(5070, "tcp")] });
    setting.place();
    const [flow] = setting.flows;
    if (flow !== undefined) setting.lose(flow);
    expect(setting.of("INVITE")).toHaveLength(1);
    expect(setting.ending).toMatchObject({ missing: "transport" });
  });

  it("ends with the 503 where the last target takes nothing", async () => {
    const setting = new CallSetting({
      targets: [target(5060, "tcp"), target(5070, "tcp")],
      connects: (to) => (to.port === 5060 ? setting.newFlow(to) : null),
    });
    setting.place();
    await settle();
    setting.reply("503 Service Unavailable");
    await settle();
    expect(setting.ending).toMatchObject({
      status: 503,
      missing: null,
      evidence: { final: { status: 503 }, over: true },
    });
  });

  it("is the same over TCP where an INVITE is too large for a datagram", () => {
    const large = new CallSetting({ targets: [target(5060)], largest: 1300 });
    large.place({ headers: [["Identity", "x".repeat(1400)]] });
    expect(large.last("INVITE").flow.protocol).toBe("tcp");
    expect(headerOf(large.last("INVITE").request, "contact")).toContain(";transport=tcp>");
    expect(large.failedTargets).toEqual([]);
    expect(large.reports).toEqual(["sent"]);
  });
});
