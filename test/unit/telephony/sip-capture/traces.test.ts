import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hepTemplate, writeHep } from "../../../../src/sip/hep.ts";
import { CaptureTraces } from "../../../../src/telephony/sip-capture/traces.ts";
import { realCallId, realPackets, type SipParts, sip } from "./packets.ts";

const [asterisk, carrier] = [
  { address: "192.0.2.1", port: 5060 },
  { address: "198.51.100.7", port: 5080 },
];
const call = { callId: "v1-1", trunk: "carrier-a", callee: "+447700900123", callerId: "+12025550147" };

function world(limits: { maxTraces?: number; maxPending?: number } = {}) {
  const traces = new CaptureTraces({ maxTraces: 3, maxPending: 100, ...limits, password: null });
  return {
    traces,
    see(direction: "in" | "out", start: string, atMs: number, parts: SipParts = {}) {
      const [source, destination] = direction === "out" ? [asterisk, carrier] : [carrier, asterisk];
      const template = hepTemplate({ transport: "tcp", source, destination }, 1, null);
      const { callId = "call-1" } = parts;
      traces.see(writeHep(template, sip(start, { callId, ...parts }), callId, atMs) as Buffer);
    },
  };
}

describe("the trace of a call through an Asterisk", () => {
  it("has its messages in order, with times and far ends, those too that come after its end", () => {
    const { traces, see } = world();
    see("out", "INVITE", 1000);
    see("in", "180 Ringing", 1500);
    see("out", "CANCEL", 6500, { headers: ["Reason: SIP;cause=487"] });
    see("in", "487 Request Terminated", 6510);
    expect(traces.find("v1")).toEqual([]);
    traces.isOf("call-1", call);
    see("out", "ACK", 6511);
    const peer = "198.51.100.7:5080/tcp";
    expect(traces.find("v1")).toEqual([
      {
        ...{ callId: "v1-1", trunk: "carrier-a", callee: "+4477********", callerId: "+1202*******" },
        ...{ startedAtMs: 1000, omitted: 0 },
        messages: [
          { ms: 0, direction: "out", peer, what: "INVITE" },
          { ms: 500, direction: "in", peer, what: "180 Ringing to INVITE" },
          { ms: 5500, direction: "out", peer, what: "CANCEL (SIP 487)" },
          { ms: 5510, direction: "in", peer, what: "487 Request Terminated to INVITE" },
          { ms: 5511, direction: "out", peer, what: "ACK" },
        ],
      },
    ]);
  });

  it("knows a request of the far end, and our answer to it, by From", () => {
    const { traces, see } = world();
    see("out", "INVITE", 1000);
    see("in", "BYE", 2000, { fromTag: "theirs", toTag: "ours" });
    see("out", "200 OK", 2001, { fromTag: "theirs", toTag: "ours", method: "BYE" });
    traces.isOf("call-1", call);
    const shown = traces.find("v1-1")[0]?.messages.map(({ direction, what }) => `${direction} ${what}`);
    expect(shown).toEqual(["out INVITE", "in BYE", "out 200 OK to BYE"]);
  });

  it("has each message of a TCP segment once, though Asterisk copies the whole segment once for each", () => {
    const { traces, see } = world();
    see("out", "INVITE", 1000);
    see("out", "CANCEL", 2000);
    const template = hepTemplate({ transport: "tcp", source: carrier, destination: asterisk }, 1, null);
    const segment = sip("200 OK", { method: "CANCEL" }) + sip("487 Request Terminated");
    for (const atMs of [2010, 2011]) traces.see(writeHep(template, segment, "call-1", atMs) as Buffer);
    see("out", "ACK", 2012);
    traces.isOf("call-1", call);
    const shown = traces.find("v1-1")[0]?.messages.map(({ direction, what }) => `${direction} ${what}`);
    expect(shown).toEqual([
      ...["out INVITE", "out CANCEL", "in 200 OK to CANCEL", "in 487 Request Terminated to INVITE", "out ACK"],
    ]);
  });

  it("is made of the packets of a real Asterisk", () => {
    const { traces } = world();
    for (const packet of realPackets) traces.see(packet);
    traces.isOf(realCallId, call);
    const [trace] = traces.find("v1-1");
    expect(trace?.messages.map(({ direction, what }) => `${direction} ${what}`)).toEqual([
      ...["out INVITE", "in 100 Trying to INVITE", "in 183 Session Progress to INVITE", "in 180 Ringing to INVITE"],
      ...["in 480 Temporarily Unavailable to INVITE (SIP 480)", "out ACK"],
    ]);
    expect(new Set(trace?.messages.map(({ peer }) => peer)).size).toBe(1);
  });

  it("keeps no number, and is bounded in calls and messages", () => {
    const { traces, see } = world({ maxTraces: 2, maxPending: 4 });
    for (let index = 0; index < 6; index++) see("out", "INVITE", index, { callId: `c${index}` });
    for (const index of [0, 2, 3, 4]) traces.isOf(`c${index}`, { ...call, callId: `v${index}-1` });
    // The first was dropped as too many were up, the third as newer ones ended.
    expect([0, 2, 3, 4].map((index) => traces.find(`v${index}`).length)).toEqual([0, 0, 1, 1]);
    for (let at = 0; at < 70; at++) see("in", "183 Session Progress", at, { callId: "c4" });
    const [trace] = traces.find("v4");
    expect([trace?.messages.length, trace?.omitted]).toEqual([64, 7]);
    expect(JSON.stringify(trace)).not.toMatch(/2025550147|7700900123|sip:/);
  });

  it("is not disturbed by any other datagram", () => {
    const { traces } = world();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, at) => {
        traces.see(Buffer.from(bytes));
        const packet = Buffer.from(realPackets[at % realPackets.length] as Buffer);
        packet.set(bytes.subarray(0, 8), at % packet.length > packet.length - 8 ? 0 : at % packet.length);
        traces.see(packet);
      }),
    );
  });
});
