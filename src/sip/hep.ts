/**
 * Reads and writes HEPv3, the encapsulation of copies of SIP messages: "HEP3", the total length, then chunks of vendor,
 * type, length and value, all big-endian (HEP3/EEP specification, revision 12). Asterisk's res_hep sends it, Homer and
 * sngrep receive it. What is read comes from a socket: anything else is ignored.
 */
import { isIPv6 } from "node:net";

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
const chunk = {
  ipFamily: 1,
  ipProtocol: 2,
  sourceIpv4: 3,
  destinationIpv4: 4,
  sourceIpv6: 5,
  destinationIpv6: 6,
  sourcePort: 7,
  destinationPort: 8,
  seconds: 9,
  microseconds: 10,
  protocol: 11,
  captureId: 12,
  password: 14,
  payload: 15,
  correlationId: 17,
} as const;
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

/** Between which ends a message went; addresses of one family. */
export interface HepEnds {
  readonly transport: "udp" | "tcp";
  readonly source: { readonly address: string; readonly port: number };
  readonly destination: { readonly address: string; readonly port: number };
}

/** Numbers of IANA's protocol registry. */
const ipProtocols = { udp: 17, tcp: 6 } as const;
/** AF_INET and AF_INET6 of Linux, as captures have them. */
const families = { ipv4: 2, ipv6: 10 } as const;

/** Between which ends the message of a packet went; null where it does not say so, or not in a form that is read here. */
export function readHepEnds(datagram: Buffer): HepEnds | null {
  const values = new Map<number, Buffer>();
  for (let at = preambleBytes; at + chunkHeaderBytes <= datagram.length; ) {
    const length = datagram.readUInt16BE(at + 4);
    if (length < chunkHeaderBytes) return null;
    const type = datagram.readUInt32BE(at);
    if (type <= chunk.destinationPort) values.set(type, datagram.subarray(at + chunkHeaderBytes, at + length));
    at += length;
  }
  const end = (ipv4At: number, ipv6At: number, portAt: number) => {
    const address = addressText(values.get(ipv4At) ?? values.get(ipv6At));
    const port = values.get(portAt);
    return address === null || port?.length !== 2 ? null : { address, port: port.readUInt16BE(0) };
  };
  const source = end(chunk.sourceIpv4, chunk.sourceIpv6, chunk.sourcePort);
  const destination = end(chunk.destinationIpv4, chunk.destinationIpv6, chunk.destinationPort);
  if (source === null || destination === null) return null;
  const transport = values.get(chunk.ipProtocol)?.[0] === ipProtocols.tcp ? "tcp" : "udp";
  return { transport, source, destination };
}

function addressText(bytes: Buffer | undefined): string | null {
  if (bytes?.length === 4) return bytes.join(".");
  if (bytes?.length !== 16) return null;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

/**
 * All chunks that are the same for each message between two ends, with times of zero: made once, copied for each message.
 * @param captureId of the sender, 32 bits
 */
export function hepTemplate(ends: HepEnds, captureId: number, password: string | null): Buffer {
  const { source, destination } = ends;
  const six = isIPv6(source.address) && isIPv6(destination.address);
  const addresses = six
    ? [chunkOf(chunk.sourceIpv6, ipv6(source.address)), chunkOf(chunk.destinationIpv6, ipv6(destination.address))]
    : [chunkOf(chunk.sourceIpv4, ipv4(source.address)), chunkOf(chunk.destinationIpv4, ipv4(destination.address))];
  const chunks = [
    // First, so that their values are at a known place.
    chunkOf(chunk.seconds, number(4, 0)),
    chunkOf(chunk.microseconds, number(4, 0)),
    chunkOf(chunk.ipFamily, number(1, six ? families.ipv6 : families.ipv4)),
    chunkOf(chunk.ipProtocol, number(1, ipProtocols[ends.transport])),
    ...addresses,
    chunkOf(chunk.sourcePort, number(2, source.port)),
    chunkOf(chunk.destinationPort, number(2, destination.port)),
    chunkOf(chunk.protocol, number(1, protocolSip)),
    chunkOf(chunk.captureId, number(4, captureId)),
    ...(password === null ? [] : [chunkOf(chunk.password, Buffer.from(password))]),
  ];
  const preamble = Buffer.alloc(preambleBytes);
  preamble.writeUInt32BE(magic, 0);
  return Buffer.concat([preamble, ...chunks]);
}

const secondsAt = preambleBytes + chunkHeaderBytes;
const microsecondsAt = secondsAt + 4 + chunkHeaderBytes;
const maxPacketBytes = 65_507;

/**
 * One packet.
 * @param sip the message, latin1
 * @param callId its Call-ID; left out where it is longer than readers take
 * @param atMs milliseconds since the epoch, with fractions
 * @returns null for what does not fit into a datagram
 */
export function writeHep(template: Buffer, sip: string, callId: string, atMs: number): Buffer | null {
  const idBytes = callId.length > maxCallIdBytes ? 0 : callId.length;
  const length = template.length + chunkHeaderBytes + sip.length + (idBytes === 0 ? 0 : chunkHeaderBytes + idBytes);
  if (length > maxPacketBytes) return null;
  const packet = Buffer.allocUnsafe(length);
  template.copy(packet);
  packet.writeUInt16BE(length, 4);
  const seconds = Math.floor(atMs / 1000);
  packet.writeUInt32BE(seconds, secondsAt);
  packet.writeUInt32BE(Math.min(999_999, Math.round((atMs - seconds * 1000) * 1000)), microsecondsAt);
  let at = template.length;
  if (idBytes > 0) at = writeText(packet, at, chunk.correlationId, callId);
  writeText(packet, at, chunk.payload, sip);
  return packet;
}

function writeText(packet: Buffer, at: number, type: number, text: string): number {
  packet.writeUInt32BE(type, at);
  packet.writeUInt16BE(chunkHeaderBytes + text.length, at + 4);
  packet.write(text, at + chunkHeaderBytes, "latin1");
  return at + chunkHeaderBytes + text.length;
}

function chunkOf(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(chunkHeaderBytes);
  // The upper half is the vendor, 0.
  head.writeUInt32BE(type, 0);
  head.writeUInt16BE(chunkHeaderBytes + value.length, 4);
  return Buffer.concat([head, value]);
}

function number(bytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** @returns zeros for what is no IPv4 address, such as the name of a host */
function ipv4(address: string): Buffer {
  const parts = address
    .replace(/^::ffff:/i, "")
    .split(".")
    .map(Number);
  const sound = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  return Buffer.from(sound ? parts : [0, 0, 0, 0]);
}

/** @param address a valid one */
function ipv6(address: string): Buffer {
  // The last 32 bits may be written as IPv4 (RFC 4291 section 2.2).
  const mapped = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const hex =
    mapped === null
      ? address
      : `${mapped[1]}${ipv4(mapped[2] ?? "")
          .toString("hex")
          .replace(/(.{4})/, "$1:")}`;
  const [head = "", tail] = hex.replace(/%.*$/, "").split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0");
  const all = tail === undefined ? first : [...first, ...zeros, ...last];
  return Buffer.concat(all.map((group) => number(2, Number.parseInt(group, 16))));
}
