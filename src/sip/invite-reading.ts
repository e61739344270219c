/** The parts of a SIP message that the capture reads: the progress of an INVITE. The parser is src/sip. */
import { readCSeq, readReasons, tagOf } from "./header.ts";
import { headersOf, onlyHeaderOf, parseMessage, type SipResponseMessage, wantedHeaders } from "./message.ts";
import { isNetworkBlocked } from "./network-blocked.ts";

interface Common {
  readonly cseq: number;
  readonly fromTag: string;
  /** Null outside a dialog. */
  readonly toTag: string | null;
}

export interface SipRequest extends Common {
  readonly kind: "request";
  readonly method: "INVITE" | "CANCEL" | "BYE";
}

/** A response to an INVITE. */
export interface InviteResponse extends Common {
  readonly kind: "response";
  readonly status: number;
  /** The Q.850 cause that a Reason header carries; other protocols in it do not count (RFC 3326). */
  readonly q850Cause: number | null;
  /** The 603 of call analytics (ATIS-1000099). */
  readonly networkBlocked: boolean;
  readonly redressUrl: string | null;
  /** Retry-After of a 503 in seconds (RFC 3261 sections 20.33 and 21.5.4), where there is one. */
  readonly retryAfterSeconds?: number;
}

/** The response to a CANCEL. */
export interface CancelResponse extends Common {
  readonly kind: "cancel_response";
  readonly status: number;
}

export type SipMessage = SipRequest | InviteResponse | CancelResponse;

const methods = ["INVITE", "CANCEL", "BYE"] as const;
const responseStart = "SIP/2.0 ";
const wanted = wantedHeaders("cseq", "from", "to", "reason", "retry-after");

/** The kind of a message from its first bytes: a cheap check before parsing. Null: not relevant. */
export function kindOf(sip: Buffer): SipRequest["method"] | "response" | null {
  // One byte is enough to skip most of what a busy Asterisk sends here: O(PTIONS), R(EGISTER), A(CK), N(OTIFY).
  const first = sip[0];
  if (first === 0x53) return startsWith(sip, responseStart) ? "response" : null;
  if (first !== 0x49 && first !== 0x43 && first !== 0x42) return null;
  return methods.find((method) => startsWith(sip, `${method} `)) ?? null;
}

/** Never throws. @returns null for anything but a well-formed INVITE, CANCEL, BYE or response to an INVITE or CANCEL */
export function parseSip(sip: Buffer): SipMessage | null {
  if (kindOf(sip) === null) return null;
  const message = parseMessage(sip, wanted);
  if (message === null) return null;
  const cseq = readCSeq(onlyHeaderOf(message, "cseq") ?? "");
  const fromTag = tagOf(onlyHeaderOf(message, "from") ?? "");
  const to = onlyHeaderOf(message, "to");
  if (cseq === null || fromTag === null || to === null) return null;
  const common = { cseq: cseq.number, fromTag, toTag: tagOf(to) };
  if (message.kind === "request") {
    const method = methods.find((one) => one === message.method);
    return method === undefined || cseq.method !== method ? null : { kind: "request", method, ...common };
  }
  if (cseq.method === "CANCEL") return { kind: "cancel_response", status: message.status, ...common };
  return cseq.method === "INVITE" ? inviteResponse(message, common) : null;
}

/** Reads a response to an INVITE whose CSeq and tags are known. */
export function inviteResponse(message: SipResponseMessage, common: Common): InviteResponse {
  const reasons = readReasons(headersOf(message, "reason"));
  const isCause = (cause: number | null) => cause !== null && cause >= 1 && cause <= 127;
  const q850 = reasons.find(({ protocol, cause }) => protocol.toUpperCase() === "Q.850" && isCause(cause));
  const blocked = isNetworkBlocked(message.status, message.phrase, reasons);
  return {
    kind: "response",
    ...common,
    status: message.status,
    q850Cause: q850?.cause ?? null,
    networkBlocked: blocked !== null,
    redressUrl: blocked?.redressUrl ?? null,
    ...retryAfterOf(message),
  };
}

/** Seconds, then perhaps a comment or parameters: `18000;duration=3600`, `120 (in a meeting)`. */
function retryAfterOf(message: SipResponseMessage): { readonly retryAfterSeconds?: number } {
  if (message.status !== 503) return {};
  const seconds = /^(\d{1,9})(?=$|[\s;(])/.exec(onlyHeaderOf(message, "retry-after") ?? "")?.[1];
  return seconds === undefined ? {} : { retryAfterSeconds: Number(seconds) };
}

function startsWith(bytes: Buffer, text: string): boolean {
  if (bytes.length < text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[at] !== text.charCodeAt(at)) return false;
  return true;
}
