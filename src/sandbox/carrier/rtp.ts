/** RTP packets (RFC 3550 section 5.1), and the payload of telephone events (RFC 4733 section 2.3). */

export interface RtpPacket {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}

const headerBytes = 12;
/** 20 ms of G.711 measure 172 bytes, Asterisk's longest packets 150 ms. */
const maxBytes = 2048;

/** Reads one datagram. Never throws. @returns null for anything but RTP: RTCP, STUN, noise */
export function parseRtp(datagram: Buffer): RtpPacket | null {
  if (datagram.length < headerBytes || datagram.length > maxBytes) return null;
  const [flags = 0, second = 0] = datagram;
  const payloadType = second & 0x7f;
  // Version 2; 64 to 95 would be RTCP (RFC 5761 section 4).
  if (flags >> 6 !== 2 || (payloadType >= 64 && payloadType <= 95)) return null;
  let start = headerBytes + (flags & 0x0f) * 4;
  if (flags & 0x10) {
    if (datagram.length < start + 4) return null;
    start += 4 + datagram.readUInt16BE(start + 2) * 4;
  }
  const padding = flags & 0x20 ? (datagram.at(-1) ?? 0) : 0;
  const end = datagram.length - padding;
  if (start > end) return null;
  return {
    payloadType,
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc: datagram.readUInt32BE(8),
    payload: datagram.subarray(start, end),
  };
}

/** The bytes of a packet. @param marker the first one of a telephone event */
export function writeRtp(packet: RtpPacket, marker: boolean): Buffer {
  const header = Buffer.alloc(headerBytes);
  header[0] = 0x80;
  header[1] = packet.payloadType | (marker ? 0x80 : 0);
  header.writeUInt16BE(packet.sequence & 0xffff, 2);
  header.writeUInt32BE(packet.timestamp >>> 0, 4);
  header.writeUInt32BE(packet.ssrc >>> 0, 8);
  return Buffer.concat([header, packet.payload]);
}

/** What a telephone keypad has, in the order of their event codes 0 to 15. */
export const keys = "0123456789*#ABCD";

/** @param durationSamples since the key went down @param end whether it is up again */
export function telephoneEvent(key: string, durationSamples: number, end: boolean): Buffer {
  const payload = Buffer.alloc(4);
  payload[0] = keys.indexOf(key);
  // −10 dBm0.
  payload[1] = (end ? 0x80 : 0) | 10;
  payload.writeUInt16BE(durationSamples, 2);
  return payload;
}
