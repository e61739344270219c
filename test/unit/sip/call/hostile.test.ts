/** What a carrier that is broken, or hostile, may make of one call: bounded, and nothing of the calls of other trunks. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { headerOf } from "../../../../src/sip/message.ts";
import { CallSetting, settle, target } from "./call-setting.ts";

const byPort = ({ remote }: { readonly remote: { readonly port: number } }) => `${remote.port}`;
const reliable = (rseq: number) => ({ headers: ["Require: 100rel", `RSeq: ${rseq}`] });

describe("ever new To tags on 2xx", () => {
  it("get ACK and BYE for 64 dialogs of an INVITE, while it is up, after its end, and after another final", () => {
    const up = new CallSetting();
    up.place();
    for (let tag = 0; tag < 200; tag++) up.reply("200 OK", { tag: `t${tag}` });
    expect([up.of("ACK").length, up.of("BYE").length]).toEqual([64, 64]);
    // Those that were answered are still acknowledged.
    up.reply("200 OK", { tag: "t3" });
    expect([up.of("ACK").length, up.of("BYE").length]).toEqual([65, 64]);

    const over = new CallSetting();
    over.place();
    over.reply("486 Busy Here");
    for (let tag = 0; tag < 200; tag++) over.reply("200 OK", { tag: `t${tag}` });
    expect([over.of("BYE").length, over.unhandled.length]).toEqual([64, 136]);
  });

  it("do not take the transactions of other trunks: their calls go on", () => {
    const setting = new CallSetting({ layer: { limit: 40, farEndOf: byPort } });
    const hostile = setting.newFlow(target(6000));
    for (let call = 0; call < 200; call++) {
      const stray = [
        ...["SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKgone"],
        `From: <sip:a@our.example>;tag=tag-of-gone${call}`,
        `To: <sip:b@carrier.example>;tag=t${call}`,
        ...[`Call-ID: gone${call}@our.example`, "CSeq: 3 INVITE", "Contact: <sip:gw@192.0.2.40>", "", ""],
      ];
      setting.receive(stray.join("\r\n"), hostile);
    }
    expect(setting.of("BYE")).toHaveLength(20);
    setting.place();
    setting.reply("180 Ringing");
    setting.reply("486 Busy Here");
    expect(setting.reports).toEqual(["sent", "alerting", "ended"]);
  });
});

it("ever new reliable provisional responses get 64 PRACKs", () => {
  const setting = new CallSetting({ targets: [target(5060, "tcp")] });
  setting.place();
  for (let rseq = 1; rseq <= 500; rseq++) setting.reply("183 Session Progress", reliable(rseq));
  for (let n = 0; n < 500; n++) {
    setting.reply("183 Session Progress", { tag: `t${n}`, ...reliable(1) });
    setting.reply("199 Early Dialog Terminated", { tag: `t${n}` });
  }
  expect(setting.of("PRACK")).toHaveLength(64);
});

it("a fork of 16 phones with responses of 16 KB keeps their tags, and not their responses", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const used = () => {
    gc();
    return process.memoryUsage().heapUsed;
  };
  const setting = new CallSetting();
  const pad = `X-Pad: ${"p".repeat(16_000)}`;
  setting.place();
  setting.reply("180 Ringing", { tag: "as-long-as-most-tags-0", headers: [pad] });
  const before = used();
  for (let n = 1; n < 16; n++) setting.reply("180 Ringing", { tag: `as-long-as-most-tags-${n}`, headers: [pad] });
  expect((used() - before) / 15).toBeLessThan(12_000);
  expect([setting.caller.calls, setting.reports]).toEqual([1, ["sent", "alerting"]]);
});

describe("a 2xx that can hardly be answered", () => {
  it("without Contact, to a tel URI: ACK and BYE go to that URI, over the flow of the INVITE", () => {
    const setting = new CallSetting();
    setting.place({ uri: "tel:+447700900123", to: "<tel:+447700900123>" });
    setting.reply("200 OK");
    expect(setting.methods).toEqual(["INVITE", "ACK", "BYE"]);
    const [invite, ack, bye] = setting.sent;
    expect([ack?.request.uri, bye?.request.uri]).toEqual(["tel:+447700900123", "tel:+447700900123"]);
    expect([ack?.flow, bye?.flow]).toEqual([invite?.flow, invite?.flow]);
    expect(headerOf(bye?.request ?? { headers: [] }, "to")).toBe("<tel:+447700900123>;tag=far");
  });

  it("without Contact, to a tel URI, of a process that died", () => {
    const setting = new CallSetting();
    setting.place({ uri: "tel:+447700900123", to: "<tel:+447700900123>" });
    setting.reply("486 Busy Here");
    setting.reply("200 OK", { tag: "other" });
    expect(setting.methods).toEqual(["INVITE", "ACK", "ACK", "BYE"]);
  });

  it("with routes and a To that cannot be written: they are left out and counted, and the phone is hung up", () => {
    let refused = 0;
    const onRefusedRoutes = (count: number) => {
      refused += count;
    };
    const setting = new CallSetting({ parts: { onRefusedRoutes } });
    setting.place();
    setting.reply("200 OK", { headers: ['Record-Route: "\\\0" <sip:p.example;lr>, <sip:q.example;lr>'] });
    expect(setting.methods).toEqual(["INVITE", "ACK", "BYE"]);
    expect(headerOf(setting.last("BYE").request, "route")).toBe("<sip:q.example;lr>");
    expect(refused).toBeGreaterThan(0);
    expect(setting.errors).toEqual([]);
  });
});

it("an exception in the answer to a challenge does not leave the call busy for ever", () => {
  const digests = () => ({
    ahead: () => null,
    next: () => ({ headers: [] }),
    answer() {
      throw new Error("no MD5 in FIPS mode");
    },
  });
  const setting = new CallSetting({ parts: { digests } });
  setting.place({ credentials: { username: "a", password: "b" }, limitMs: 10_000 });
  setting.reply("401 Unauthorized");
  expect(setting.errors).toHaveLength(1);
  setting.clock.pass(60_000);
  expect(setting.reports).toEqual(["sent", "ended"]);
});

describe("the stack's stop", () => {
  const lively = async () => {
    const setting = new CallSetting();
    setting.place({ id: "ringing" }, undefined);
    setting.reply("180 Ringing");
    return setting;
  };

  it("ends a call whose INVITE was not sent, and leaves no timer", async () => {
    const setting = new CallSetting({ connects: () => null, targets: "unknown" });
    setting.place();
    setting.caller.stop();
    expect([setting.reports, setting.ending?.missing]).toEqual([["ended"], "never_sent"]);
    await settle();
    setting.transactions.stop();
    expect([setting.caller.calls, setting.clock.pending, setting.ended]).toEqual([0, 0, 1]);
  });

  it("reports nothing more of one that may ring, which another gateway takes over, and leaves no timer", async () => {
    const setting = await lively();
    setting.caller.stop();
    setting.transactions.stop();
    await settle();
    setting.clock.pass(120_000);
    expect(setting.reports).toEqual(["sent", "alerting"]);
    expect([setting.methods, setting.caller.calls, setting.clock.pending]).toEqual([["INVITE"], 0, 0]);
  });

  it("ends one whose BYE is under way", async () => {
    const setting = await lively();
    setting.reply("200 OK");
    setting.caller.stop();
    setting.transactions.stop();
    await settle();
    expect(setting.reports).toEqual(["sent", "alerting", "answered", "ended"]);
    expect([setting.ending?.status, setting.clock.pending]).toEqual([200, 0]);
  });
});
