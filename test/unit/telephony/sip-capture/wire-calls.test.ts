import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireCalls } from "../../../../src/telephony/sip-capture/wire-calls.ts";
import { hepPacket, realCallId, realPackets, sip } from "./packets.ts";

let nowMs = 0;
const maxCalls = 50;
const maxAgeMs = 1000;

function wireCalls(over: string[] = []): WireCalls {
  nowMs = 0;
  return new WireCalls({
    maxCalls,
    maxAgeMs,
    nowMs: () => nowMs,
    password: null,
    onOver: (callId) => over.push(callId),
  });
}
/** How many of the calls with these ids are kept. */
const kept = (calls: WireCalls, ids: readonly string[]) => ids.filter((id) => calls.find(id) !== null).length;
const say = (calls: WireCalls, callId: string, start: string) =>
  calls.add(hepPacket(sip(start, { callId }), { callId }));

describe("the calls on the wire", () => {
  it("are known from the packets of a real Asterisk", () => {
    const over: string[] = [];
    const calls = wireCalls(over);
    for (const packet of realPackets) expect(calls.add(packet)).toBe(true);
    const evidence = calls.find(realCallId);
    expect(evidence).toMatchObject({ final: { status: 480, q850Cause: 20 }, over: true });
    expect((evidence?.alertingAtMs ?? 0) - (evidence?.inviteAtMs ?? 0)).toBeGreaterThan(100);
    expect(over).toEqual([realCallId]);
  });

  it("know each message of a TCP segment that held several: Asterisk copies the whole segment once for each", () => {
    const both = sip("200 OK", { callId: "a", method: "CANCEL" }) + sip("200 OK", { callId: "a" });
    const segment = sip("486 Busy Here", { callId: "b" }) + both;
    const over: string[] = [];
    const calls = wireCalls(over);
    for (const callId of ["a", "b"]) say(calls, callId, "INVITE");
    say(calls, "a", "CANCEL");
    for (const callId of ["b", "a", "a"]) calls.add(hepPacket(segment, { callId, atMs: 500 }));
    expect(calls.find("a")).toMatchObject({ cancelAcceptedAtMs: 500, final: { status: 200 }, over: true });
    expect(calls.find("b")).toMatchObject({ final: { status: 486 }, over: true });
    expect(over).toEqual(["b", "a"]);
  });

  it("keep nothing of a message: they hold the caller ID", () => {
    const calls = wireCalls();
    for (const packet of realPackets) calls.add(packet);
    const kept = JSON.stringify([calls.find(realCallId)]);
    for (const secret of ["2025550147", "7700900123", "sip:"]) expect(kept).not.toContain(secret);
  });

  it("are begun by an INVITE alone: answers to OPTIONS and REGISTER leave no trace", () => {
    const calls = wireCalls();
    for (const start of ["OPTIONS", "REGISTER", "200 OK", "BYE", "CANCEL", "ACK"]) say(calls, "x", start);
    expect(kept(calls, ["x"])).toBe(0);
  });

  it("are forgotten when they are too many, the oldest first, or too old", () => {
    const calls = wireCalls();
    for (let index = 0; index < maxCalls + 5; index++) say(calls, `call-${index}`, "INVITE");
    const ids = Array.from({ length: maxCalls + 5 }, (_, index) => `call-${index}`);
    expect(kept(calls, ids)).toBe(maxCalls);
    expect([calls.find("call-4"), calls.find("call-5") !== null]).toEqual([null, true]);
    nowMs = maxAgeMs;
    say(calls, "late", "INVITE");
    expect(kept(calls, [...ids, "late"])).toBe(1);
  });

  it("are not disturbed by any other packet, and never exceed their bound", () => {
    const mutated = fc
      .record({
        packet: fc.constantFrom(...realPackets),
        changes: fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { maxLength: 20 }),
        cutTo: fc.nat(1200),
      })
      .map(({ packet, changes, cutTo }) => {
        const copy = Buffer.from(packet.subarray(0, Math.max(cutTo, 1)));
        for (const [at, value] of changes) copy[at % copy.length] = value;
        if (copy.length >= 6 && cutTo % 2 === 0) copy.writeUInt16BE(copy.length, 4);
        return copy;
      });
    const anything = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    const ofOthers = fc.record({
      callId: fc.constantFrom("a", "b", "c"),
      start: fc.constantFrom("INVITE", "BYE", "200 OK"),
    });
    const others = ofOthers.map(({ callId, start }) => hepPacket(sip(start, { callId }), { callId }));
    fc.assert(
      fc.property(fc.array(fc.oneof(mutated, anything, others), { maxLength: 30 }), (noise) => {
        const calls = wireCalls();
        say(calls, "mine", "INVITE");
        say(calls, "mine", "180 Ringing");
        const before = calls.find("mine");
        for (const packet of noise) calls.add(packet);
        expect(calls.find("mine")).toBe(before);
      }),
      { numRuns: 2000 },
    );
  });

  it("stay within their bound under a flood of INVITEs of others", () => {
    const calls = wireCalls();
    for (let index = 0; index < 5000; index++) say(calls, `flood-${index}`, "INVITE");
    expect(
      kept(
        calls,
        Array.from({ length: 5000 }, (_, index) => `flood-${index}`),
      ),
    ).toBe(maxCalls);
  });
});
