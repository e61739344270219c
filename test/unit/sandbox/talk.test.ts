import { describe, expect, it } from "vitest";
import { parseRtp, writeRtp } from "../../../src/sandbox/carrier/rtp.ts";
import { negotiate } from "../../../src/sandbox/carrier/sdp.ts";
import { carrier, offer, request } from "./sip-client.ts";

const events = "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n";
const offerWithEvents = offer.replace(/m=audio.*\r\n/, events);
const asterisk = { address: "127.0.0.1", port: 4000 };

/** A call that was answered, and what its caller sends and gets. */
function talk(body = offerWithEvents) {
  const c = carrier();
  c.send(request({ body }));
  c.clock.pass(1000);
  const id = c.phone.calls()[0]?.id ?? "";
  c.phone.answer(id);
  const toTag = c.toTag();
  c.send(request({ method: "ACK", branch: "z9hG4bKack", toTag }));
  let sequence = 0;
  return {
    ...c,
    id,
    toTag: () => toTag,
    call: () => c.phone.calls()[0],
    /** 20 ms of one sample value in A-law. */
    says: (timestamp: number, byte = 0xd5, from = asterisk) => {
      const payload = Buffer.alloc(160, byte);
      const packet = { payloadType: 8, sequence: sequence++, timestamp, ssrc: 7, payload };
      c.core.receiveAudio(writeRtp(packet, false), from);
    },
    bye: () => c.send(request({ method: "BYE", branch: "z9hG4bKbye", toTag, cseq: 2 })),
    heard: () => c.phone.audio(id)?.recording.linear() ?? Buffer.alloc(0),
  };
}

describe("the session", () => {
  it("takes the first codec that is known, and telephone events where they are offered", () => {
    const session = negotiate(offerWithEvents, { address: "127.0.0.1", port: 4002 });
    expect(session?.remote).toEqual({ ...asterisk, law: "a", events: 101 });
    expect(session?.sdp).toMatch(/^m=audio 4002 RTP\/AVP 8 101\r$/m);
    expect(session?.sdp).toMatch(/^a=rtpmap:101 telephone-event\/8000\r$/m);
  });

  it("takes the address of the media's own connection line", () => {
    expect(negotiate(`${offer}c=IN IP4 127.0.0.9\r\n`, asterisk)?.remote?.address).toBe("127.0.0.9");
  });

  it("without an offer offers A-law, and does not know where the other side is", () => {
    expect(negotiate("", asterisk)).toMatchObject({ remote: null, sdp: expect.stringContaining("RTP/AVP 8\r\n") });
  });

  it("takes no media where there is none to take", () => {
    expect(negotiate(offer.replace("8 0", "18"), asterisk)).toBeNull();
    expect(negotiate(offer.replace("4000", "0"), asterisk)?.remote).toBeNull();
    expect(negotiate(offer.replace("4000", "99999"), asterisk)?.remote).toBeNull();
  });
});

describe("what the phone hears", () => {
  it("is recorded with the pauses between packets, and packets that come late are dropped", () => {
    const t = talk();
    t.says(1000, 0xaa);
    t.says(1160, 0xaa);
    t.says(1000, 0xaa);
    t.says(1160 + 160 + 800, 0xaa);
    const samples = t.heard();
    expect(samples.length / 2).toBe(160 + 160 + 800 + 160);
    const loud = (at: number) => Math.abs(samples.readInt16LE(at * 2)) > 1000;
    expect([0, 319, 320, 1119, 1120].map(loud)).toEqual([true, true, false, false, true]);
  });

  it("goes to its listeners as it comes, from the caller's address alone, until the call is over", () => {
    const t = talk();
    const heard: (number | null)[] = [];
    t.phone.audio(t.id)?.listen((samples) => heard.push(samples === null ? null : samples.length));
    t.says(0);
    t.says(160, 0xd5, { address: "127.0.0.1", port: 4001 });
    t.core.receiveAudio(Buffer.from("no RTP"), asterisk);
    t.bye();
    t.says(320);
    expect(heard).toEqual([320, null]);
    expect(t.phone.audio(t.id)?.listen(() => undefined)).toBeNull();
  });

  it("is bounded: a pause of an hour is one of 10 s, two minutes are kept, and eight calls", () => {
    const t = talk();
    t.says(0);
    t.says(160 + 3_600_000 * 8);
    expect(t.heard().length / 2).toBe(160 + 80_000 + 160);
    for (let i = 0; i < 20; i++) t.says(i * 80_000 + 4_000_000_000);
    expect(t.heard().length / 2).toBeLessThanOrEqual(120_000 * 8);
    const c = carrier();
    for (let i = 0; i < 10; i++) {
      const port = 4000 + i * 2;
      c.send(request({ branch: `z9hG4bK${i}`, callId: `call-${i}`, body: offer.replace("4000", String(port)) }));
    }
    c.clock.pass(1000);
    for (const { id } of c.phone.calls()) c.phone.answer(id);
    const packet = { payloadType: 8, sequence: 1, timestamp: 1, ssrc: 1, payload: Buffer.alloc(160) };
    for (let i = 0; i < 10; i++) c.core.receiveAudio(writeRtp(packet, false), { ...asterisk, port: 4000 + i * 2 });
    const kept = c.phone.calls().filter(({ id }) => (c.phone.audio(id)?.recording.linear().length ?? 0) > 0);
    expect(kept.length).toBe(8);
  });
});

describe("keys", () => {
  it("are telephone events: marker first, a growing duration, the end three times, a pause between two", () => {
    const t = talk();
    expect(t.phone.press(t.id, "1#")).toBe("done");
    t.clock.pass(1000);
    const packets = t.sentAudio.map((datagram) => ({ ...parseRtp(datagram), marker: ((datagram[1] ?? 0) & 0x80) > 0 }));
    const seen = packets.map(({ payload = Buffer.alloc(4), marker, payloadType }) => ({
      ...{ payloadType, marker, key: payload[0], end: ((payload[1] ?? 0) & 0x80) > 0 },
      duration: payload.readUInt16BE(2),
    }));
    const event = (key: number) => [
      { payloadType: 101, marker: true, key, end: false, duration: 160 },
      ...[320, 480, 640, 800].map((duration) => ({ payloadType: 101, marker: false, key, end: false, duration })),
      ...[800, 800, 800].map((duration) => ({ payloadType: 101, marker: false, key, end: true, duration })),
    ];
    expect(seen).toEqual([...event(1), ...event(11)]);
    expect(new Set(packets.slice(0, 8).map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(packets.map(({ sequence = 0 }) => sequence - (packets[0]?.sequence ?? 0))).toEqual(packets.map((_, i) => i));
  });

  it("are refused before an answer, after the end, and where the caller takes none", () => {
    const c = carrier();
    c.send(request({ body: offerWithEvents }));
    c.clock.pass(1000);
    const id = c.phone.calls()[0]?.id ?? "";
    expect(c.phone.press(id, "1")).toBe("not_up");
    expect(c.phone.press("nonsense", "1")).toBe("unknown");
    const t = talk();
    t.bye();
    expect(t.phone.press(t.id, "1")).toBe("not_up");
    const without = talk(offer);
    expect(without.phone.press(without.id, "1")).toBe("keys_refused");
  });

  it("that wait are bounded, and end with the call", () => {
    const t = talk();
    expect(t.phone.press(t.id, "1".repeat(16))).toBe("done");
    expect(t.phone.press(t.id, "1".repeat(16))).toBe("done");
    expect(t.phone.press(t.id, "1".repeat(16))).toBe("keys_refused");
    t.bye();
    t.clock.pass(60_000);
    expect(t.sentAudio.length).toBeLessThanOrEqual(1);
    expect(t.clock.pending).toBe(0);
  });
});

describe("hanging up", () => {
  it("sends BYE inside the dialog until it is answered", () => {
    const c = talk();
    expect(c.phone.hangUp(c.id)).toBe("done");
    const byes = () => c.sent.filter((text) => text.startsWith("BYE "));
    c.clock.pass(1500);
    expect(byes()).toHaveLength(3);
    const [bye = ""] = byes();
    expect(bye).toMatch(/^From: <sip:\+447400123456@127\.0\.0\.1>;tag=/m);
    expect(bye).toContain(`;tag=${c.toTag()}\r\n`);
    expect(bye).toMatch(/^To: "OneRing" <sip:\+33639981234@127\.0\.0\.1>;tag=caller\r$/m);
    const via = /^Via: .*\r$/m.exec(bye)?.[0].trim();
    c.send(["SIP/2.0 200 OK", via, "From: <sip:a@b>;tag=1", "To: <sip:a@b>", "CSeq: 1 BYE", "", ""].join("\r\n"));
    c.clock.pass(60_000);
    expect(byes()).toHaveLength(3);
    expect(c.clock.pending).toBe(0);
    expect(c.call()).toMatchObject({ state: "answered", ended_at: expect.any(String) });
    expect(c.phone.hangUp(c.id)).toBe("not_up");
  });

  it("is given up after 32 s, and happens by itself after two minutes", () => {
    const c = talk();
    c.clock.pass(119_000);
    expect(c.call()?.ended_at).toBeNull();
    c.clock.pass(1000);
    expect(c.call()?.ended_at).toEqual(expect.any(String));
    c.clock.pass(60_000);
    expect(c.clock.pending).toBe(0);
  });
});
