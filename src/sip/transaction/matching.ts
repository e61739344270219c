/** What decides to which transaction a message belongs (RFC 3261 sections 17.1.3 and 17.2.3). */
import { readCSeq, readVia, splitValues, type Via } from "../header.ts";
import type { SipRequestMessage, SipResponseMessage } from "../message.ts";
import { magicCookie, readRequest } from "../request-reading.ts";
import { shortKey } from "../short-key.ts";

export interface ResponseKey {
  readonly branch: string;
  /** Method of CSeq. */
  readonly method: string;
  /** The value of Via. */
  readonly via: string;
}

/** Null: no response to a request of ours. One Via, because ours was the only one (section 8.1.3.3). */
export function responseKey(response: SipResponseMessage): ResponseKey | null {
  let via: string | null = null;
  let cseq: string | null = null;
  for (const { name, value } of response.headers) {
    if (name === "via") {
      if (via !== null) return null;
      via = value;
    } else if (name === "cseq") {
      if (cseq !== null) return null;
      cseq = value;
    }
  }
  if (via === null || cseq === null) return null;
  const branch = branchOf(via);
  const method = readCSeq(cseq)?.method;
  return branch === null || method === undefined ? null : { branch, method, via };
}

/** Most Vias have neither quotes nor several values, so that a parameter is where its name is. */
function branchOf(via: string): string | null {
  const at = via.indexOf(plainBranch);
  if (at < 0 || /[",<\s]/.test(via.slice(at))) {
    const values = splitValues(via);
    return values.length === 1 ? (readVia(via)?.branch ?? null) : null;
  }
  const end = via.indexOf(";", at + 1);
  return via.slice(at + ";branch=".length, end < 0 ? undefined : end);
}

const plainBranch = `;branch=${magicCookie}`;

/** Section 18.1.2: whether the Via of a response is the one that we sent, whatever was added to its parameters. */
export function isOurVia(received: string, sent: string): boolean {
  const end = sent.indexOf(";");
  if (received.startsWith(sent.slice(0, end + 1))) return true;
  const [ours, theirs] = [readVia(sent), readVia(received)];
  return ours !== null && theirs !== null && ours.sentBy === theirs.sentBy;
}

/** Its keys keep nothing of the message. */
export interface RequestKey {
  readonly via: Via;
  /** Top Via's branch and sent-by; the method makes it whole. */
  readonly transaction: string;
  /** Section 8.2.2.2: copies of one request that a proxy forked have these alike. Null inside a dialog. */
  readonly merged: string | null;
  readonly hasToTag: boolean;
}

/** @returns null for a request that is not to be answered, see `readRequest` */
export function requestKey(message: SipRequestMessage): RequestKey | null {
  const request = readRequest(message);
  if (request === null) return null;
  const { via, method, callId, cseq, fromTag, toTag } = request;
  return {
    via,
    transaction: shortKey(`${via.branch} ${via.sentBy}`),
    merged: toTag === null ? shortKey(`${cseq} ${fromTag} ${method} ${callId}`) : null,
    hasToTag: toTag !== null,
  };
}
