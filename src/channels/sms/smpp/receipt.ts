/**
 * Reads delivery receipts: deliver_sm (or data_sm) with the receipt bits in esm_class (§5.2.12), with TLVs (§5.3.2.12,
 * §5.3.2.35) or with the text that Appendix B of SMPP v3.4 gives as typical. What a phone wrote is never read as a receipt.
 */
import { type InboundText, maxTextLength, senderNumber } from "../../messages/inbound-text-port.ts";
import type { MessageFailure, MessageReport } from "../../messages/provider-port.ts";
import { tags } from "./layouts.ts";
import { type PduOf, type Tlvs, tlvText } from "./pdu.ts";

/** §5.2.12: bits 5-2 of esm_class. */
const typeBits = 0x3c;
const deliveryReceipt = 0x04;
const intermediateNotification = 0x20;
/** §5.2.19 */
const ucs2 = 8;

export interface SmppReceipt {
  /** As the SMSC wrote it. */
  readonly messageId: string;
  /** Digits of source and destination: one is the phone (some SMSCs swap them), for the learner of id forms; never logged. */
  readonly addresses: readonly string[];
  readonly state: ReceiptState;
  /** The network's error code as written, for instance `001`; null where there is none. */
  readonly error: string | null;
}

export const receiptStates = [
  "ENROUTE",
  "DELIVRD",
  "EXPIRED",
  "DELETED",
  "UNDELIV",
  "ACCEPTD",
  "UNKNOWN",
  "REJECTD",
] as const;
export type ReceiptState = (typeof receiptStates)[number];

/** §5.2.28: message_state 1 to 8, in this order. */
const stateOfTlv = (octet: number | undefined): ReceiptState | undefined => receiptStates[(octet ?? 0) - 1];

export type Incoming = Pick<PduOf<"deliver_sm">, "tlvs"> & {
  readonly fields: Pick<
    PduOf<"deliver_sm">["fields"],
    "esm_class" | "source_addr" | "destination_addr" | "data_coding"
  > & {
    readonly source_addr_ton?: number;
    readonly short_message?: Buffer;
  };
};

/**
 * `message`: an inbound message of a person. `unreadable`: a receipt without an id or a state that is known. The text is
 * never part of the result: many SMSCs quote the first characters of the message in it, and so the code.
 */
export function readIncoming(pdu: Incoming): SmppReceipt | "message" | "unreadable" {
  const type = pdu.fields.esm_class & typeBits;
  const byTlv = tlvText(pdu.tlvs, tags.receipted_message_id);
  // The TLV alone will do: it is the SMSC's, no phone can send it.
  if (type !== deliveryReceipt && type !== intermediateNotification && byTlv === null) return "message";
  const text = receiptText(pdu);
  const state = stateOfTlv(pdu.tlvs.get(tags.message_state)?.[0]) ?? stateOf(field(text, "stat"));
  const messageId = byTlv || field(text, "id");
  if (!messageId || state === undefined) return "unreadable";
  const error = field(text, "err") ?? networkError(pdu.tlvs);
  const addresses = [pdu.fields.source_addr, pdu.fields.destination_addr].map((one) => one.replace(/^\+/, ""));
  return { messageId, addresses, state, error };
}

/** §5.2.5: a number within its country, or a name: whose it is cannot be told. */
const otherKinds: readonly number[] = [2, 3, 4, 5];

/** A text that a person sent; null where its sender is no international number. @param channel its name */
export function inboundText(pdu: Incoming, channel: string): InboundText | null {
  const { source_addr_ton: ton = 0, source_addr: source, destination_addr: to } = pdu.fields;
  const from = otherKinds.includes(ton) ? null : senderNumber(source);
  if (from === null) return null;
  return { channel, from, to: to === "" ? null : to, text: userText(pdu).slice(0, maxTextLength) };
}

/** §5.2.12: the text begins with a user data header (3GPP TS 23.040, 9.2.3.24), whose first octet is its length. */
const hasHeader = 0x40;

function userText(pdu: Incoming): string {
  const short = pdu.fields.short_message ?? Buffer.alloc(0);
  const header = (pdu.fields.esm_class & hasHeader) === 0 ? 0 : 1 + (short[0] ?? 0);
  const fields = { ...pdu.fields, short_message: short.subarray(header) };
  return receiptText({ ...pdu, fields });
}

/** In latin1 each octet is a character; receipts are ASCII but for the quoted text at their end. */
function receiptText({ fields, tlvs }: Incoming): string {
  const short = fields.short_message ?? Buffer.alloc(0);
  const bytes = short.length > 0 ? short : (tlvs.get(tags.message_payload) ?? short);
  if (fields.data_coding !== ucs2 || bytes.length % 2 !== 0) return bytes.toString("latin1");
  return Buffer.from(bytes).swap16().toString("utf16le");
}

/** One `name:value` in front of the quoted text, which may hold anything. */
function field(text: string, name: string): string | undefined {
  const quoted = /(?:^|\s)text:/i.exec(text);
  const before = quoted === null ? text : text.slice(0, quoted.index);
  return new RegExp(`(?:^|\\s)${name}:\\s*([^\\s]{1,65})`, "i").exec(before)?.[1];
}

/** Some SMSCs write states in full, or cut to seven characters. */
function stateOf(text: string | undefined): ReceiptState | undefined {
  if (text === undefined) return undefined;
  const word = text.toUpperCase();
  return receiptStates.find((state) => word === state || fullNames[state] === word);
}

const fullNames: Readonly<Record<ReceiptState, string>> = {
  ENROUTE: "EN_ROUTE",
  DELIVRD: "DELIVERED",
  EXPIRED: "EXPIRED",
  DELETED: "DELETED",
  UNDELIV: "UNDELIVERABLE",
  ACCEPTD: "ACCEPTED",
  UNKNOWN: "UNKNOWN",
  REJECTD: "REJECTED",
};

/** network_error_code (§5.3.2.31): a network type and 16 bits. */
function networkError(tlvs: Tlvs): string | null {
  const value = tlvs.get(tags.network_error_code);
  return value !== undefined && value.length === 3 ? String(value.readUInt16BE(1)) : null;
}

/**
 * What a state says of the message. DELETED was removed at the SMSC, REJECTD was refused by it or the network (filters,
 * unregistered templates). ACCEPTD, ENROUTE and UNKNOWN say that it was not delivered so far or that nobody knows: the
 * message stays sent.
 */
const failures: Readonly<Partial<Record<ReceiptState, MessageFailure>>> = {
  EXPIRED: "expired",
  DELETED: "rejected",
  UNDELIV: "not_reachable",
  REJECTD: "blocked",
};

/** @param errors reasons that the route configures for the network's error codes; they make failed states more exact */
export function reportOf(receipt: SmppReceipt, errors: ReadonlyMap<string, MessageFailure>): MessageReport {
  if (receipt.state === "DELIVRD") return { state: "delivered" };
  const reason = failures[receipt.state];
  if (reason === undefined) return { state: "sent" };
  const exact = receipt.error === null ? undefined : errors.get(canonicalError(receipt.error));
  return { state: "failed", reason: exact ?? reason };
}

/** `001` and `1` are the same code. */
export function canonicalError(code: string): string {
  return code.toLowerCase().replace(/^0+(?=.)/, "");
}
