import { describe, expect, it } from "vitest";
import { headerOf } from "../../../../src/sip/message.ts";
import { CallSetting, type FakeFlow, settle, target } from "./call-setting.ts";

const tcp = [target(5060, "tcp")];

describe("the end of a short call", () => {
  it.each([
    ["300 Multiple Choices", "Contact: <sip:elsewhere@192.0.2.66>"],
    ["302 Moved Temporarily", "Contact: <sip:elsewhere@192.0.2.66>"],
    ["404 Not Found", ""],
    ["420 Bad Extension", "Unsupported: 100rel"],
    ["421 Extension Required", "Require: timer"],
    ["422 Session Interval Too Small", "Min-SE: 3600"],
    ["423 Interval Too Brief", "Min-Expires: 300"],
    ["486 Busy Here", ""],
    ["488 Not Acceptable Here", 'Warning: 304 carrier.example "media"'],
    ["491 Request Pending", "Retry-After: 2"],
    ["500 Server Internal Error", "Retry-After: 2"],
    ["600 Busy Everywhere", ""],
    ["603 Decline", ""],
  ])("is %s, with no other INVITE", (start, header) => {
    const setting = new CallSetting({ targets: [target(5060), target(5070)] });
    setting.place();
    setting.reply("180 Ringing");
    setting.reply(start, header === "" ? {} : { headers: [header] });
    expect(setting.methods).toEqual(["INVITE", "ACK"]);
    expect(setting.ending).toMatchObject({ status: Number(start.slice(0, 3)), phrase: start.slice(4), missing: null });
    expect(setting.ending?.evidence).toMatchObject({ over: true, canceledAtMs: null, byeFrom: null });
  });

  it("has the cause of Reason, a network's block and Retry-After", () => {
    const unavailable = new CallSetting();
    unavailable.place();
    unavailable.reply("480 Temporarily Unavailable", { headers: ["Reason: Q.850;cause=20"] });
    expect(unavailable.ending).toMatchObject({ status: 480, q850Cause: 20, evidence: { final: { q850Cause: 20 } } });
    const blocked = new CallSetting();
    blocked.place();
    const reason = 'Reason: SIP;cause=603;text="v=analytics1;url=https://redress.example/a"';
    blocked.reply("603 Network Blocked", { headers: [reason] });
    const redress = { networkBlocked: true, redressUrl: "https://redress.example/a" };
    expect(blocked.ending?.evidence.final).toMatchObject(redress);
    const full = new CallSetting();
    full.place();
    full.reply("503 Service Unavailable", { headers: ["Retry-After: 30"] });
    expect(full.ending?.evidence.final).toMatchObject({ status: 503, retryAfterSeconds: 30 });
  });

  it("comes at its limit by itself", () => {
    const setting = new CallSetting();
    setting.place({ limitMs: 20_000 });
    setting.reply("180 Ringing");
    setting.clock.pass(19_999);
    expect(setting.of("CANCEL")).toHaveLength(0);
    setting.clock.pass(1);
    expect(setting.of("CANCEL")).toHaveLength(1);
    setting.reply("487 Request Terminated");
    expect(setting.ending).toMatchObject({ status: 487 });
  });

  it("is a timeout where nothing ever answered, and no CANCEL is sent", () => {
    const setting = new CallSetting({ targets: [target(5060), target(5070)] });
    setting.place();
    setting.clock.pass(33_000);
    expect(setting.ending).toMatchObject({ status: null, missing: "timeout", evidence: { over: false, final: null } });
    expect(setting.ending?.evidence.respondedAtMs).toBeNull();
    expect(new Set(setting.methods)).toEqual(new Set(["INVITE"]));
    expect(new Set(setting.sent.map(({ flow }) => flow.remote.port))).toEqual(new Set([5060]));
    expect(setting.failedTargets).toHaveLength(1);
  });

  it("is not followed by its INVITE: over UDP nobody's phone rings when the carrier is back", () => {
    const setting = new CallSetting({ parts: { endWaitMs: 5000 } });
    const live = setting.place();
    setting.clock.pass(5000);
    live.hangUp();
    // Until the end it is repeated: a response lets us cancel it.
    setting.clock.pass(3000);
    expect([setting.ended, setting.of("INVITE").length]).toEqual([0, 5]);
    setting.clock.pass(2000);
    expect(setting.ended).toBe(1);
    setting.clock.pass(18_000);
    expect(setting.methods).toEqual(Array.from({ length: 5 }, () => "INVITE"));
    // One of them came through after all.
    setting.reply("180 Ringing");
    expect(setting.methods.slice(5)).toEqual(["CANCEL"]);
    setting.reply("487 Request Terminated");
    expect(setting.methods.slice(5)).toEqual(["CANCEL", "ACK"]);
    expect(setting.ended).toBe(1);
  });

  it("is followed by CANCEL over another connection where the one that took it was dead: silent, or broken later", async () => {
    for (const [how, endWaitMs] of [
      ["silent", 5000],
      ["broken", 5000],
      ["silent", 35_000],
    ] as const) {
      const setting = new CallSetting({ targets: tcp, parts: { endWaitMs } });
      const live = setting.place();
      setting.reply("180 Ringing");
      const [first] = setting.flows as [FakeFlow];
      const asked: number[] = [];
      first.closeIfSilentSince = async (sinceMs) => {
        asked.push(sinceMs);
        if (how === "silent") setting.lose(first);
        return how === "silent";
      };
      setting.clock.pass(3000);
      const canceledAtMs = setting.clock.nowMs();
      live.hangUp();
      setting.clock.pass(endWaitMs);
      expect([setting.ended, asked]).toEqual([1, [canceledAtMs]]);
      await settle();
      setting.clock.pass(3000);
      if (how === "broken") setting.lose(first);
      expect(setting.methods).toEqual(["INVITE", "CANCEL", "CANCEL"]);
      expect(setting.last("CANCEL").flow).not.toBe(first);
      expect(setting.ended).toBe(1);
    }
  });

  it.each([
    ["a dead host (UDP)", "udp"],
    ["a hung server that still accepts (TCP)", "tcp"],
  ] as const)("is told of its silent server though it comes before Timer B: %s is tried last", async (_, protocol) => {
    const targets = [target(5060, protocol), target(5070, protocol)];
    const setting = new CallSetting({ targets, parts: { endWaitMs: 5000 } });
    const live = setting.place();
    const [first] = setting.flows as [FakeFlow];
    if (first.reliable) {
      first.closeIfSilentSince = async () => {
        setting.lose(first);
        return true;
      };
    }
    setting.clock.pass(20_000);
    live.hangUp();
    setting.clock.pass(5000);
    await settle();
    expect([setting.ended, setting.failedTargets]).toEqual([1, [targets[0]]]);
    setting.clock.pass(40_000);
    expect(setting.failedTargets).toHaveLength(1);
  });

  it("is told of a server whose connection breaks before any response; after a 100 it had taken the INVITE", () => {
    for (const responds of [false, true]) {
      const setting = new CallSetting({ targets: tcp });
      setting.place();
      if (responds) setting.reply("100 Trying", { tag: null });
      setting.lose(setting.flows[0] as FakeFlow);
      expect([setting.ending?.missing, setting.failedTargets.length]).toEqual(["transport", responds ? 0 : 1]);
    }
  });

  it("is a timeout where no final follows the CANCEL; a 2xx after it is acknowledged and hung up", () => {
    const setting = new CallSetting({ targets: tcp });
    setting.place().hangUp();
    setting.reply("180 Ringing");
    setting.clock.pass(34_000);
    expect(setting.ending).toMatchObject({ status: null, missing: "timeout", evidence: { over: false } });
    expect(setting.ending?.evidence.canceledAtMs).not.toBeNull();
    setting.reply("200 OK");
    expect(setting.methods).toEqual(["INVITE", "CANCEL", "ACK", "BYE"]);
    expect(setting.ended).toBe(1);
  });

  it("of a call whose connection breaks is unknown; it is canceled over another connection", () => {
    const setting = new CallSetting({ targets: tcp });
    setting.place();
    setting.reply("180 Ringing");
    const [first] = setting.flows;
    if (first !== undefined) setting.lose(first);
    expect(setting.ending).toMatchObject({
      status: null,
      missing: "transport",
      evidence: { over: false, final: null },
    });
    const [invite, cancel] = [setting.last("INVITE"), setting.last("CANCEL")];
    expect(cancel.flow).not.toBe(invite.flow);
    for (const name of ["via", "call-id", "from", "to"]) {
      expect(headerOf(cancel.request, name)).toBe(headerOf(invite.request, name));
    }
    expect([cancel.request.uri, headerOf(cancel.request, "cseq")]).toEqual([invite.request.uri, "1 CANCEL"]);
    setting.reply("200 OK", {}, { ...invite, flow: cancel.flow });
    expect(setting.methods).toEqual(["INVITE", "CANCEL", "ACK", "BYE"]);
  });

  it("of a call whose carrier is out of reach: it is canceled when the carrier is back, 15 s later too", async () => {
    let isUp = true;
    const setting: CallSetting = new CallSetting({
      targets: tcp,
      connects: (to) => (isUp ? setting.newFlow(to) : null),
    });
    setting.place();
    await settle();
    setting.reply("180 Ringing");
    isUp = false;
    const [first] = setting.flows;
    if (first !== undefined) setting.lose(first);
    await settle();
    for (const pauseMs of [500, 2000, 4000, 7999]) {
      setting.clock.pass(pauseMs);
      await settle();
    }
    expect(setting.methods).toEqual(["INVITE"]);
    isUp = true;
    setting.clock.pass(1);
    await settle();
    expect(setting.methods).toEqual(["INVITE", "CANCEL"]);
  });

  it("of an answered call whose connection breaks is sure; ACK and BYE are sent over another one", () => {
    const setting = new CallSetting({ targets: tcp });
    setting.place();
    setting.reply("200 OK");
    const [first] = setting.flows;
    if (first !== undefined) setting.lose(first);
    expect(setting.methods).toEqual(["INVITE", "ACK", "BYE", "ACK", "BYE"]);
    expect(setting.ended).toBe(0);
    expect(headerOf(setting.last("BYE").request, "cseq")).toBe("3 BYE");
    setting.reply("481 Call/Transaction Does Not Exist", {}, setting.last("BYE"));
    expect(setting.ending).toMatchObject({ status: 200, missing: null });
  });

  it("of a call whose BYE nobody answers comes when it is overdue", () => {
    const setting = new CallSetting();
    setting.place();
    setting.reply("200 OK");
    setting.clock.pass(34_000);
    expect(setting.ended).toBe(1);
    expect(setting.ending).toMatchObject({ status: 200, missing: null });
    setting.clock.pass(60_000);
    expect([setting.transactions.size, setting.clock.pending]).toEqual([0, 0]);
  });

  it("of a call whose BYE an overloaded server refuses comes when one was taken: the phone stayed answered", () => {
    const setting = new CallSetting();
    setting.place();
    setting.reply("200 OK");
    setting.reply("503 Service Unavailable", {}, setting.last("BYE"));
    expect([setting.of("BYE").length, setting.ended]).toEqual([1, 0]);
    setting.clock.pass(500);
    setting.reply("500 Server Internal Error", {}, setting.last("BYE"));
    setting.clock.pass(2000);
    const cseqs = setting.of("BYE").map(({ request }) => headerOf(request, "cseq"));
    expect(cseqs).toEqual(["2 BYE", "3 BYE", "4 BYE"]);
    setting.reply("200 OK", {}, setting.last("BYE"));
    expect(setting.ended).toBe(1);
    setting.clock.pass(60_000);
    expect(setting.of("BYE")).toHaveLength(3);
  });

  it.each([
    ["481 Call/Transaction Does Not Exist", 1],
    ["408 Request Timeout", 1],
    ["503 Service Unavailable", 4],
  ])("of a call comes with the %s to BYE number %i at the latest", (status, most) => {
    const setting = new CallSetting();
    setting.place();
    setting.reply("200 OK");
    for (let one = 0; one < 10 && setting.ended === 0; one++) {
      setting.reply(status, {}, setting.last("BYE"));
      setting.clock.pass(5000);
    }
    // Repetitions of one have its number.
    const cseqs = setting.of("BYE").map(({ request }) => headerOf(request, "cseq"));
    expect(new Set(cseqs).size).toBe(most);
    expect(setting.ended).toBe(1);
  });

  it("is never_sent where no target has a flow", async () => {
    const setting = new CallSetting({ targets: [target(5060, "tcp"), target(5070, "tcp")], connects: () => null });
    setting.place();
    await settle();
    expect(setting.reports).toEqual(["ended"]);
    expect(setting.ending).toMatchObject({ status: null, missing: "never_sent", evidence: { over: true } });
    expect(setting.failedTargets).toHaveLength(2);
    expect(setting.clock.pending).toBe(0);
  });

  it("is never_sent where the name has no address, or the call ends before there is a flow", async () => {
    const nowhere = new CallSetting({ targets: [] });
    nowhere.place();
    expect(nowhere.ending).toMatchObject({ missing: "never_sent" });
    const setting = new CallSetting({ targets: "unknown" });
    setting.place().hangUp();
    expect(setting.ending).toMatchObject({ missing: "never_sent" });
    await settle();
    expect([setting.methods, setting.ended]).toEqual([[], 1]);
  });

  it("is hung up from within a report", () => {
    const setting = new CallSetting();
    const live = setting.place({}, (what) => {
      if (what === "alerting") live.hangUp();
    });
    setting.reply("180 Ringing");
    expect(setting.methods).toEqual(["INVITE", "CANCEL"]);
  });

  it("comes though a report throws", () => {
    const setting = new CallSetting();
    setting.place({}, () => {
      throw new Error("a bug");
    });
    setting.reply("486 Busy Here");
    expect([setting.ended, setting.errors.length, setting.caller.calls]).toEqual([1, 2, 0]);
  });
});
