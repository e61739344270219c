/**
 * A telephone's ear and keypad for calls whose SIP a real far end (SIPp) speaks: takes the audio on a UDP port that the
 * far end's SDP names, keeps what it hears by the packets' timestamps, and presses keys as RFC 4733 says.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** Of the SDP answer, see `Step.media`. */
export const eventPayloadType = 101;
const pcma = 8;
const samplesPerMs = 8;
/** ITU-T Q.24 asks a receiver to take 40 ms. */
const keyMs = 100;
const packetMs = 20;

export interface RtpEar {
  readonly port: number;
  /** Linear samples of 8 kHz heard so far, pauses included. */
  heard(): Int16Array;
  /** How many samples that is: "now" in what was heard. */
  readonly length: number;
  /** Packets of audio so far. */
  readonly packets: number;
  /** Presses a key: needs a packet heard before, because it answers to where that came from. */
  press(key: string): Promise<void>;
  /** Waits until something was heard. */
  waitForSound(): Promise<void>;
  /** Begins anew, for another call. */
  forget(): void;
  close(): void;
}

export async function openRtpEar(): Promise<RtpEar> {
  const socket: Socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  let parts: Int16Array[] = [];
  let length = 0;
  let packets = 0;
  let next: { readonly timestamp: number; readonly ssrc: number } | null = null;
  let far: { readonly address: string; readonly port: number } | null = null;
  let heardSomething: () => void = () => undefined;
  let sequence = 1000;

  const add = (samples: Int16Array) => {
    parts.push(samples);
    length += samples.length;
  };
  socket.on("message", (datagram, from) => {
    if (datagram.length <= 12 || (datagram[0] ?? 0) >> 6 !== 2 || ((datagram[1] ?? 0) & 0x7f) !== pcma) return;
    far = from;
    const [timestamp, ssrc] = [datagram.readUInt32BE(4), datagram.readUInt32BE(8)];
    const payload = datagram.subarray(12);
    const gap = next?.ssrc === ssrc ? (timestamp - next.timestamp) >>> 0 : 0;
    if (gap >= 2 ** 31) return;
    if (gap > 0) add(new Int16Array(Math.min(gap, 20_000 * samplesPerMs)));
    add(Int16Array.from(payload, (byte) => linearOf(byte)));
    next = { timestamp: (timestamp + payload.length) >>> 0, ssrc };
    packets += 1;
    heardSomething();
  });

  return {
    port: socket.address().port,
    heard() {
      const all = new Int16Array(length);
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    },
    get length() {
      return length;
    },
    get packets() {
      return packets;
    },
    async press(key) {
      if (far === null) throw new Error("nothing was heard yet: where the call is from is not known");
      const { address, port } = far;
      const timestamp = Math.floor(performance.now() * samplesPerMs) >>> 0;
      for (let heldMs = packetMs; heldMs <= keyMs + 3 * packetMs; heldMs += packetMs) {
        const packet = Buffer.alloc(16);
        sequence += 1;
        packet[0] = 0x80;
        packet[1] = eventPayloadType | (heldMs === packetMs ? 0x80 : 0);
        packet.writeUInt16BE(sequence, 2);
        packet.writeUInt32BE(timestamp, 4);
        packet.writeUInt32BE(0x0ea70ea7, 8);
        packet[12] = "0123456789*#ABCD".indexOf(key);
        packet[13] = (heldMs > keyMs ? 0x80 : 0) | 10;
        packet.writeUInt16BE(Math.min(heldMs, keyMs) * samplesPerMs, 14);
        socket.send(packet, port, address);
        await new Promise((resolve) => setTimeout(resolve, packetMs));
      }
    },
    waitForSound() {
      if (packets > 0) return Promise.resolve();
      return new Promise((resolve) => {
        heardSomething = resolve;
      });
    },
    forget() {
      parts = [];
      length = 0;
      packets = 0;
      next = null;
      far = null;
    },
    close: () => socket.close(),
  };
}

/** A-law (ITU-T G.711) to linear. */
function linearOf(byte: number): number {
  const value = byte ^ 0x55;
  const segment = (value & 0x70) >> 4;
  const step = (value & 0x0f) << 4;
  const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  return value & 0x80 ? magnitude : -magnitude;
}
