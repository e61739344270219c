/** HEPv3 packets: made ones, and a real call as Asterisk 22.10.1 sent it. */
import realCall from "./real-call.json" with { type: "json" };

/** INVITE, 100, 183 with SDP, 180, 480 with two Reason headers, ACK; 50 ms apart. Numbers of the drama ranges. */
export const realPackets: readonly Buffer[] = realCall.map((text) => Buffer.from(text, "base64"));
export const realCallId = "cf34ea3d-8971-4e83-bcb9-5958636e32bd";

export interface PacketParts {
  readonly callId?: string;
  readonly atMs?: number;
  readonly protocol?: number;
  readonly password?: string;
}

export function hepPacket(sip: string | Buffer, parts: PacketParts = {}): Buffer {
  const { callId = "call-1", atMs = 0, protocol = 1, password } = parts;
  const number = (bytes: number, value: number) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntBE(value, 0, bytes);
    return buffer;
  };
  const chunks = [
    chunk(9, number(4, Math.floor(atMs / 1000))),
    chunk(10, number(4, Math.round((atMs % 1000) * 1000))),
    chunk(11, number(1, protocol)),
    ...(password === undefined ? [] : [chunk(14, Buffer.from(password))]),
    chunk(17, Buffer.from(callId, "latin1")),
    chunk(15, Buffer.from(sip)),
  ];
  const body = Buffer.concat(chunks);
  return Buffer.concat([Buffer.from("HEP3"), number(2, body.length + 6), body]);
}

export function chunk(type: number, value: Buffer, vendor = 0): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(vendor, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(value.length + 6, 4);
  return Buffer.concat([head, value]);
}

const ourTag = "ours";

export interface SipParts {
  readonly callId?: string;
  readonly cseq?: number;
  readonly fromTag?: string;
  readonly toTag?: string | null;
  /** What a response answers. */
  readonly method?: string;
  readonly headers?: readonly string[];
}

/** @param start "INVITE", "CANCEL", … or a status line's "180 Ringing" */
export function sip(start: string, parts: SipParts = {}): string {
  const isResponse = /^\d/.test(start);
  const { callId = "call-1", cseq = 1, fromTag = ourTag, toTag = isResponse ? "theirs" : null, headers = [] } = parts;
  const { method = "INVITE" } = parts;
  return [
    isResponse ? `SIP/2.0 ${start}` : `${start} sip:+447700900123@127.0.0.1 SIP/2.0`,
    "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1",
    `From: <sip:+12025550147@127.0.0.1>;tag=${fromTag}`,
    `To: <sip:+447700900123@127.0.0.1>${toTag === null ? "" : `;tag=${toTag}`}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${isResponse ? method : start}`,
    ...headers,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}
