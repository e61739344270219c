/** What a server must have of a request beyond its syntax (RFC 3261 section 8.1.1). */
import { readAddress, readCSeq, readVia, splitValues, tagOf, type Via } from "./header.ts";
import { bodyOf, headerOf, onlyHeaderOf, type SipRequestMessage } from "./message.ts";

export interface ReceivedRequest extends Omit<SipRequestMessage, "kind" | "rest" | "bytes"> {
  readonly callId: string;
  readonly cseq: number;
  /** Its top Via, which decides the transaction and where the response goes. */
  readonly via: Via;
  /** '' where From has none. */
  readonly fromTag: string;
  /** Null in a request outside a dialog. */
  readonly toTag: string | null;
  readonly body: string;
}

/** What RFC 2543 did not have: a branch that begins so is unique (section 8.1.1.7). */
export const magicCookie = "z9hG4bK";

/**
 * Never throws.
 * @returns null for a request that lacks or repeats what it must have once, contradicts itself, or is of RFC 2543's age
 */
export function readRequest(message: SipRequestMessage): ReceivedRequest | null {
  const via = readVia(splitValues(headerOf(message, "via") ?? "")[0] ?? "");
  if (via === null || !via.branch.startsWith(magicCookie)) return null;
  const [from, to, callId, cseqText] = required.map((name) => onlyHeaderOf(message, name));
  if (!from || !to || !callId || !/^[!-~]{1,256}$/.test(callId)) return null;
  if (readAddress(from) === null || readAddress(to) === null) return null;
  const cseq = readCSeq(cseqText ?? "");
  const body = bodyOf(message);
  if (cseq === null || cseq.method !== message.method || body === null) return null;
  const { method, uri, headers } = message;
  return { method, uri, headers, callId, cseq: cseq.number, via, fromTag: tagOf(from) ?? "", toTag: tagOf(to), body };
}

const required = ["from", "to", "call-id", "cseq"] as const;
