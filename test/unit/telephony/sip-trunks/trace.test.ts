import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Flow } from "../../../../src/sip/transport/port.ts";
import { maskNumber } from "../../../../src/telephony/call-control/trace-text.ts";
import { createCallTraces } from "../../../../src/telephony/sip-trunks/trace.ts";
import { sip } from "../sip-capture/packets.ts";

const [callee, callerId] = ["+447700900123", "+12025550147"];
const flow = (address = "198.51.100.7"): Flow => ({
  protocol: "tcp",
  reliable: true,
  remote: { address, port: 5080 },
  sentBy: "192.0.2.1:5070",
  open: true,
  send: () => true,
});

function world(maxCalls = 3) {
  const traces = createCallTraces({ maxCalls, nowMs: () => Date.UTC(2026, 2, 1), monotonicMs: () => 1000 });
  return {
    traces,
    begin: (callId: string, sipId = callId) => traces.begin({ callId, trunk: "carrier-a", callee, callerId }, sipId),
    see: (direction: "in" | "out", message: string, atMs = 1000, on = flow()) =>
      traces.observer(direction, message, on, atMs),
    whats: (id: string) => traces.find(id).map(({ messages }) => messages.map(({ what }) => what)),
  };
}

describe("the trace of a call", () => {
  it("has its messages in order, with times, far ends and what they answer", () => {
    const { traces, begin, see } = world();
    begin("v1-1", "random1");
    const callId = "random1@our.example";
    see("out", sip("INVITE", { callId }), 1000.5);
    see("in", sip("100 Trying", { callId, toTag: null }), 1010);
    see("in", sip("180 Ringing", { callId }), 1500);
    see("out", sip("CANCEL", { callId, headers: ['Reason: SIP;cause=487;text="x"'] }), 6500);
    see("in", sip("200 OK", { callId, method: "CANCEL" }), 6510);
    see("in", sip("487 Request Terminated", { callId, headers: ["Reason: Q.850;cause=16"] }), 6511);
    see("out", sip("ACK", { callId }), 6511, flow("2001:db8::7"));
    expect(traces.find("v1-1")).toEqual([
      {
        callId: "v1-1",
        trunk: "carrier-a",
        startedAtMs: Date.UTC(2026, 2, 1),
        callee: "+4477********",
        callerId: "+1202*******",
        omitted: 0,
        messages: [
          { ms: 0.5, direction: "out", peer: "198.51.100.7:5080/tcp", what: "INVITE" },
          { ms: 10, direction: "in", peer: "198.51.100.7:5080/tcp", what: "100 Trying to INVITE" },
          { ms: 500, direction: "in", peer: "198.51.100.7:5080/tcp", what: "180 Ringing to INVITE" },
          { ms: 5500, direction: "out", peer: "198.51.100.7:5080/tcp", what: "CANCEL (SIP 487)" },
          { ms: 5510, direction: "in", peer: "198.51.100.7:5080/tcp", what: "200 OK to CANCEL" },
          {
            ms: 5511,
            direction: "in",
            peer: "198.51.100.7:5080/tcp",
            what: "487 Request Terminated to INVITE (Q.850 16)",
          },
          { ms: 5511, direction: "out", peer: "[2001:db8::7]:5080/tcp", what: "ACK" },
        ],
      },
    ]);
  });

  it("is found by its attempt, and with the others by the verification", () => {
    const { begin, whats, traces } = world();
    for (const id of ["v1-1", "v1-2", "v10-1"]) begin(id);
    expect(traces.find("v1").map(({ callId }) => callId)).toEqual(["v1-1", "v1-2"]);
    expect(whats("v1-2")).toEqual([[]]);
    expect(traces.find("v")).toEqual([]);
  });

  it("ends when newer calls need its place, and is bounded in messages", () => {
    const { begin, see, traces } = world(2);
    for (const id of ["v1-1", "v2-1", "v3-1"]) begin(id);
    expect(["v1", "v2", "v3"].map((id) => traces.find(id).length)).toEqual([0, 1, 1]);
    for (let at = 0; at < 70; at++) see("in", sip("183 Session Progress", { callId: "v3-1" }));
    const [trace] = traces.find("v3");
    expect([trace?.messages.length, trace?.omitted]).toEqual([64, 6]);
    // A late message of a call that is not kept any more.
    see("in", sip("180 Ringing", { callId: "v1-1" }));
    expect(traces.find("v1")).toEqual([]);
  });

  it("takes Call-IDs in any spelling, and ignores other calls and what is no message of a call", () => {
    const { begin, see, whats } = world();
    begin("v1-1");
    see("in", sip("180 Ringing").replace("Call-ID: call-1", "i:v1-1@a"));
    see("in", sip("486 Busy Here").replace("Call-ID: call-1", "CALL-id :  v1-1").replace("CSeq:", "cseq :"));
    see("in", sip("180 Ringing", { callId: "another" }));
    see("in", "\r\n\r\n");
    see("in", "");
    expect(whats("v1")).toEqual([["180 Ringing to INVITE", "486 Busy Here to INVITE"]]);
  });

  it("tells the phrases of two carriers apart", () => {
    const { begin, see, whats } = world();
    begin("v1-1");
    see("in", sip("486 Busy Here", { callId: "v1-1" }));
    see("in", sip("486 Busy", { callId: "v1-1" }));
    see("in", sip("486 Busy Here", { callId: "v1-1" }));
    see("in", sip("486 ", { callId: "v1-1" }));
    expect(whats("v1")).toEqual([
      ["486 Busy Here to INVITE", "486 Busy to INVITE", "486 Busy Here to INVITE", "486 to INVITE"],
    ]);
  });
});

describe("numbers", () => {
  it("show their first digits, and never more than half", () => {
    expect(maskNumber("+447700900123")).toBe("+4477********");
    expect(maskNumber("9990447700900123")).toBe("9990************");
    expect(maskNumber("+123456")).toBe("+123***");
    expect(maskNumber("112")).toBe("1**");
  });

  it.each([
    ["404 Number +447700900123 not found", "404 Number +************ not found to INVITE"],
    ["404 0 0 4 4 7 7 0 0", "404 * * * * * * * * to INVITE"],
    ["603 Declined by 0147", "603 Declined by **** to INVITE"],
    ["500 \u001b[2J", "500 (unprintable phrase) to INVITE"],
    ["486 B\u00fcsy", "486 (unprintable phrase) to INVITE"],
  ])("in a phrase of a far end are hidden: %j", (start, what) => {
    const { begin, see, whats } = world();
    begin("v1-1");
    see("in", sip(start, { callId: "v1-1" }));
    expect(whats("v1")).toEqual([[what]]);
  });

  it("are in no trace, wherever a message has them", () => {
    const digits = callerId.slice(1);
    const { begin, see, traces } = world();
    begin("v1-1");
    const place = fc.constantFrom("phrase", "reason", "cseq", "method", "header");
    fc.assert(
      fc.property(place, fc.constantFrom(digits, `sip:+${digits}@a`, digits.split("").join("-")), (at, text) => {
        const plain = { callId: "v1-1" };
        if (at === "phrase") see("in", sip(`480 ${text}`, plain));
        if (at === "reason")
          see("in", sip("480 x", { ...plain, headers: [`Reason: Q.850;cause=${text};text="${text}"`] }));
        if (at === "cseq") see("in", sip("480 x", { ...plain, method: text }));
        if (at === "method") see("in", sip(text, plain));
        if (at === "header") see("in", sip("BYE", { ...plain, headers: [`Reason: ${text};cause=16`] }));
        const kept = JSON.stringify(traces.find("v1").map(({ messages }) => messages.map(({ what }) => what)));
        expect(kept.replace(/\D/g, "")).not.toContain(digits.slice(-4));
      }),
    );
  });

  it("that are anything at all do not throw", () => {
    const { begin, see, traces } = world();
    begin("v1-1");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        see("in", text);
        see("in", `SIP/2.0 ${text}\r\nCall-ID: v1-1\r\n${text}`);
        see("out", `${text}\r\nCall-ID: v1-1\r\nCSeq: ${text}`);
        for (const { messages } of traces.find("v1")) for (const { what } of messages) expect(what).toMatch(/^[ -~]*$/);
      }),
      { numRuns: 1000 },
    );
  });
});
