/**
 * Reads HEPv3, the encapsulation in which Asterisk's res_hep mirrors SIP messages: "HEP3", the total length, then chunks
 * of vendor, type, length and value, all big-endian (HEP3/EEP specification, revision 12). Anything else is
 * ignored: these bytes come from a socket.
 */

export interface HepPacket {
  /** The correlation id: with `uuid_type=call-id` the Call-ID of the message. Keeps nothing of the payload. */
  readonly callId: string;
  /** When Asterisk sent or received the message, by its clock, to the microsecond: only differences are meaningful. */
  readonly atMs: number;
  /** The SIP message; a view into the datagram. */
  readonly sip: Buffer;
}

const magic = 0x48455033;
const preambleBytes = 6;
const chunkHeaderBytes = 6;
/** Chunk types of the generic vendor 0. */
const chunk = { seconds: 9, microseconds: 10, protocol: 11, password: 14, payload: 15, correlationId: 17 } as const;
const protocolSip = 1;
/** pjproject's Call-IDs have 36 characters; others may be longer, RFC 3261 sets no limit. */
const maxCallIdBytes = 255;

/**
 * Never throws.
 * @param password what the packet must carry as `capture_password`; null: none is required
 * @returns null for anything but a complete SIP packet in HEPv3 with this password
 */
export function parseHep(datagram: Buffer, password: Buffer | null): HepPacket | null {
  if (datagram.length < preambleBytes || datagram.readUInt32BE(0) !== magic) return null;
  if (datagram.readUInt16BE(4) !== datagram.length) return null;
  let seconds = -1;
  let microseconds = -1;
  let isSip = false;
  let allowed = password === null;
  let sip: Buffer | null = null;
  let callId = "";
  for (let at = preambleBytes; at < datagram.length; ) {
    if (at + chunkHeaderBytes > datagram.length) return null;
    const vendor = datagram.readUInt16BE(at);
    const type = datagram.readUInt16BE(at + 2);
    const length = datagram.readUInt16BE(at + 4);
    const start = at + chunkHeaderBytes;
    at += length;
    if (length < chunkHeaderBytes || at > datagram.length) return null;
    if (vendor !== 0) continue;
    const bytes = at - start;
    if (type === chunk.seconds && bytes === 4) seconds = datagram.readUInt32BE(start);
    else if (type === chunk.microseconds && bytes === 4) microseconds = datagram.readUInt32BE(start);
    else if (type === chunk.protocol && bytes === 1) isSip = datagram[start] === protocolSip;
    else if (type === chunk.payload) sip = datagram.subarray(start, at);
    else if (type === chunk.correlationId && bytes <= maxCallIdBytes) callId = datagram.toString("latin1", start, at);
    else if (type === chunk.password && password !== null) allowed = password.equals(datagram.subarray(start, at));
  }
  if (!isSip || !allowed || sip === null || callId === "") return null;
  if (seconds < 0 || microseconds < 0 || microseconds >= 1_000_000) return null;
  return { callId, atMs: seconds * 1000 + microseconds / 1000, sip };
}
