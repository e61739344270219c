/** The SIP requests that the carrier acts on. The parser is src/sip; what a server must have beyond syntax is here. */
import { readAddress, readCSeq, readVia, splitValues, tagOf, type Via } from "../../sip/header.ts";
import { bodyOf, headerOf, onlyHeaderOf, parseMessage, type SipHeader } from "../../sip/message.ts";

/** A request as it came. */
export interface SipRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly SipHeader[];
  readonly callId: string;
  readonly cseq: number;
  /** Its top Via, which decides the transaction and where the response goes. */
  readonly via: Via;
  readonly fromTag: string;
  /** Null in a request outside a dialog. */
  readonly toTag: string | null;
  readonly body: string;
}

/** Asterisk's INVITE measures 1.2 KB; a datagram this large is not a telephone call. */
const maxBytes = 16_384;
const magicCookie = "z9hG4bK";

/**
 * Reads one datagram. Never throws.
 * @returns null for anything but a request with what RFC 3261 section 8.1.1 asks of it: responses, keep-alives, noise
 */
export function parseRequest(datagram: Buffer): SipRequest | null {
  if (datagram.length > maxBytes) return null;
  const message = parseMessage(datagram);
  if (message?.kind !== "request") return null;
  const via = readVia(splitValues(headerOf(message, "via") ?? "")[0] ?? "");
  const [from, to, callId, cseqText] = ["from", "to", "call-id", "cseq"].map((name) => onlyHeaderOf(message, name));
  // Only RFC 2543's user agents send no cookie; none is left that could call a sandbox.
  if (via === null || !via.branch.startsWith(magicCookie)) return null;
  if (!from || !to || !callId || !/^[!-~]{1,256}$/.test(callId)) return null;
  if (readAddress(from) === null || readAddress(to) === null) return null;
  const cseq = readCSeq(cseqText ?? "");
  const body = bodyOf(message);
  if (cseq === null || cseq.method !== message.method || body === null) return null;
  const { method, uri, headers } = message;
  return { method, uri, headers, callId, cseq: cseq.number, via, fromTag: tagOf(from) ?? "", toTag: tagOf(to), body };
}
