/** Reads the text of submitted messages as a phone would show it: alphabet, user data header, parts joined. */
import { decodeGsm7, decodeUcs2 } from "../../channels/messages/gsm.ts";
import { tags } from "../../channels/sms/smpp/layouts.ts";
import type { PduOf } from "../../channels/sms/smpp/pdu.ts";

export type SubmitPdu = PduOf<"submit_sm">;

export interface PartOf {
  /** The same for all parts of a message to one phone. */
  readonly reference: number;
  readonly total: number;
  /** From 1. */
  readonly number: number;
}

/** One submit's text; `part`: null where it is the whole message. */
export interface ReadText {
  readonly text: string;
  readonly part: PartOf | null;
}

export function readText({ fields, tlvs }: SubmitPdu): ReadText {
  const octets = tlvs.get(tags.message_payload) ?? fields.short_message;
  const hasHeader = (fields.esm_class & 0x40) !== 0;
  const headerOctets = hasHeader ? 1 + (octets[0] ?? 0) : 0;
  const part = hasHeader ? partOfHeader(octets.subarray(1, headerOctets)) : partOfTlvs(tlvs);
  return { text: decode(octets.subarray(headerOctets), fields.data_coding), part };
}

/** data_coding (SMPP v3.4 §5.2.19): 0 the default alphabet, 3 Latin-1, 8 UCS-2. */
function decode(octets: Buffer, dataCoding: number): string {
  if (dataCoding === 8) return decodeUcs2(octets);
  return dataCoding === 3 ? octets.toString("latin1") : decodeGsm7(octets);
}

/** Information elements of 3GPP TS 23.040, 9.2.3.24: 0 with an 8-bit reference, 8 with a 16-bit one. */
function partOfHeader(header: Buffer): PartOf | null {
  for (let at = 0; at + 2 <= header.length; at += 2 + (header[at + 1] ?? 0)) {
    const value = header.subarray(at + 2, at + 2 + (header[at + 1] ?? 0));
    if (header[at] === 0x00 && value.length === 3) return place(value.readUInt8(0), value.subarray(1));
    if (header[at] === 0x08 && value.length === 4) return place(value.readUInt16BE(0), value.subarray(2));
  }
  return null;
}

function partOfTlvs(tlvs: SubmitPdu["tlvs"]): PartOf | null {
  const reference = tlvs.get(tags.sar_msg_ref_num);
  const [total, number] = [tlvs.get(tags.sar_total_segments), tlvs.get(tags.sar_segment_seqnum)];
  if (reference?.length !== 2 || total?.length !== 1 || number?.length !== 1) return null;
  return place(reference.readUInt16BE(0), Buffer.concat([total, number]));
}

function place(reference: number, [total = 0, number = 0]: Buffer): PartOf {
  return { reference, total, number };
}

/** Messages whose parts are missing; the oldest are forgotten. */
const mostOpen = 100;

/** Joins parts. @returns a function that takes one part and returns the whole text when the last one came, else null */
export function createJoiner(): (phone: string, read: ReadText) => string | null {
  const open = new Map<string, Map<number, string>>();
  return (phone, { text, part }) => {
    if (part === null) return text;
    const key = `${phone} ${part.reference} ${part.total}`;
    const parts = open.get(key) ?? new Map<number, string>();
    parts.set(part.number, text);
    if (parts.size >= part.total) {
      open.delete(key);
      return [...parts].sort(([a], [b]) => a - b).reduce((whole, [, one]) => whole + one, "");
    }
    open.set(key, parts);
    const [oldest] = open.keys();
    if (open.size > mostOpen && oldest !== undefined) open.delete(oldest);
    return null;
  };
}
