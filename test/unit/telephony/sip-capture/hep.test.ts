import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHep } from "../../../../src/sip/hep.ts";
import { chunk, hepPacket, realCallId, realPackets } from "./packets.ts";

describe("a HEPv3 packet", () => {
  it("of Asterisk is read: Call-ID, time to the microsecond, the message", () => {
    const packets = realPackets.map((datagram) => parseHep(datagram, null));
    expect(packets.map((packet) => packet?.callId)).toEqual(realPackets.map(() => realCallId));
    expect(packets.map((packet) => packet?.sip.toString().split("\r\n")[0]?.split(" ").slice(0, 2).join(" "))).toEqual([
      "INVITE sip:+447700900123@127.0.0.1:23450;transport=udp",
      "SIP/2.0 100",
      "SIP/2.0 183",
      "SIP/2.0 180",
      "SIP/2.0 480",
      "ACK sip:+447700900123@127.0.0.1:23450;transport=udp",
    ]);
    const [invite, , progress] = packets;
    // SIPp answered 100 at once and paused 50 ms.
    expect((progress?.atMs ?? 0) - (invite?.atMs ?? 0)).toBeGreaterThan(50);
    expect((progress?.atMs ?? 0) - (invite?.atMs ?? 0)).toBeLessThan(100);
  });

  it("keeps times to the microsecond", () => {
    expect(parseHep(hepPacket("x", { atMs: 1_700_000_000_123.457 }), null)?.atMs).toBeCloseTo(1_700_000_000_123.457, 3);
  });

  it.each([
    ["another magic", Buffer.from(hepPacket("x")).fill("X", 0, 1)],
    ["a length that is not the datagram's", Buffer.concat([hepPacket("x"), Buffer.from("more")])],
    ["a chunk that is longer than the packet", withByte(hepPacket("x"), 11, 200)],
    ["a chunk that is shorter than its own head", withByte(hepPacket("x"), 11, 5)],
    ["another protocol than SIP", hepPacket("x", { protocol: 5 })],
    ["no correlation id", hepPacket("x", { callId: "" })],
    ["a correlation id that is too long", hepPacket("x", { callId: "a".repeat(256) })],
    ["more than a million microseconds", withChunk(chunk(10, Buffer.from("ffffffff", "hex")))],
    ["nothing", Buffer.alloc(0)],
  ])("with %s is not read", (_, datagram) => {
    expect(parseHep(datagram, null)).toBeNull();
  });

  it("with chunks of other vendors and of unknown types is read all the same", () => {
    const more = Buffer.concat([chunk(15, Buffer.from("other"), 3), chunk(99, Buffer.alloc(0))]);
    expect(parseHep(withChunk(more), null)?.sip.toString()).toBe("x");
  });

  it("must carry the password where there is one", () => {
    const password = Buffer.from("correct horse");
    expect(parseHep(hepPacket("x", { password: "correct horse" }), password)).not.toBeNull();
    expect(parseHep(hepPacket("x", { password: "correct horsE" }), password)).toBeNull();
    expect(parseHep(hepPacket("x", { password: "" }), password)).toBeNull();
    expect(parseHep(hepPacket("x"), password)).toBeNull();
  });

  it("that is anything at all does not throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), (bytes, withHead) => {
        const body = Buffer.from(bytes);
        const head = Buffer.from("HEP3\0\0");
        head.writeUInt16BE(body.length + 6, 4);
        const packet = parseHep(withHead ? Buffer.concat([head, body]) : body, null);
        expect(packet === null || packet.callId.length > 0).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("that is cut anywhere is not read", () => {
    for (const datagram of realPackets)
      for (let length = 0; length < datagram.length; length++)
        expect(parseHep(datagram.subarray(0, length), null)).toBeNull();
  });
});

function withByte(datagram: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(datagram);
  changed[at] = value;
  return changed;
}

function withChunk(more: Buffer): Buffer {
  const packet = Buffer.concat([hepPacket("x"), more]);
  packet.writeUInt16BE(packet.length, 4);
  return packet;
}
