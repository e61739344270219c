/** Collects the evidence of one INVITE from the wire, as a pure state machine that is fed message by message. */
import type { CancelResponse, InviteResponse, SipMessage, SipRequest } from "./invite-reading.ts";

/**
 * A shorter silence is no evidence: of an INVITE over UDP and its repetitions after 0.5 and 1.5 s each may be lost (RFC 3261
 * section 17.1.1.2), and a carrier, or we, may be busy for a moment. Asterisk waits as long for the answer to an OPTIONS.
 */
export const leastSilenceMs = 3000;

/** All times are Asterisk's, in milliseconds to the microsecond: only their differences are meaningful. */
export interface Evidence {
  readonly inviteAtMs: number;
  /** The first response of any kind, null: none came. */
  readonly respondedAtMs: number | null;
  /** First 183. */
  readonly progressAtMs: number | null;
  /** First 180. */
  readonly alertingAtMs: number | null;
  /** The final response to the newest INVITE. */
  readonly final: FinalResponse | null;
  /** Status of the final response to the INVITE before that one: a challenge, or 503 of another address. Left out: there was none. */
  readonly earlierFinal?: number;
  /** Our first CANCEL. */
  readonly canceledAtMs: number | null;
  /** The 200 to it: the far end no longer tries to reach the callee. */
  readonly cancelAcceptedAtMs: number | null;
  /** Responses from more than one phone were seen: a proxy forked the INVITE (RFC 3261 section 16.7). */
  readonly forked: boolean;
  /** Who said BYE first. */
  readonly byeFrom: "us" | "far_end" | null;
  /** The final response was seen, and it is not a challenge: this INVITE cannot make a phone ring any more. */
  readonly over: boolean;
}

export interface FinalResponse
  extends Pick<InviteResponse, "status" | "q850Cause" | "networkBlocked" | "redressUrl" | "retryAfterSeconds"> {
  readonly atMs: number;
}

/** A call on the wire. Keeps no text of a message but the tags that show who sent a request or response. */
export interface WireCall {
  readonly evidence: Evidence;
  /** Of the newest INVITE: a challenged one is sent again with the next number. */
  readonly cseq: number;
  /** Our tag: From of our requests and of the responses to them. */
  readonly fromTag: string;
  /** The far end's, of the first response that had one. */
  readonly toTag: string | null;
}

/**
 * The trunk challenges the INVITE (RFC 3261 section 22). With a password the INVITE is sent again; whether the challenge
 * ended the call is known from Asterisk, and from the absence of another INVITE.
 */
export function isChallenge(status: number): boolean {
  return status === 401 || status === 407;
}

/** @param invite the first INVITE of a call; null for one inside a dialog, which starts no call */
export function beginWireCall(invite: SipRequest, atMs: number): WireCall | null {
  if (invite.method !== "INVITE" || invite.toTag !== null) return null;
  return {
    cseq: invite.cseq,
    fromTag: invite.fromTag,
    toTag: null,
    evidence: {
      inviteAtMs: atMs,
      respondedAtMs: null,
      progressAtMs: null,
      alertingAtMs: null,
      final: null,
      canceledAtMs: null,
      cancelAcceptedAtMs: null,
      forked: false,
      byeFrom: null,
      over: false,
    },
  };
}

/** One more message with this Call-ID. @returns the same object where the message adds nothing */
export function addMessage(call: WireCall, message: SipMessage, atMs: number): WireCall {
  if (message.kind === "response") return addResponse(call, message, atMs);
  if (message.kind === "cancel_response") return addCancelResponse(call, message, atMs);
  const isOurs = message.fromTag === call.fromTag;
  const { evidence } = call;
  switch (message.method) {
    case "INVITE":
      if (!isOurs || message.toTag !== null || message.cseq <= call.cseq) return call;
      return { ...call, cseq: message.cseq, evidence: anotherInvite(evidence) };
    case "CANCEL":
      if (!isOurs || message.cseq !== call.cseq || evidence.canceledAtMs !== null) return call;
      return { ...call, evidence: { ...evidence, canceledAtMs: atMs } };
    case "BYE":
      if (evidence.byeFrom !== null) return call;
      return { ...call, evidence: { ...evidence, byeFrom: isOurs ? "us" : "far_end" } };
  }
}

/** The INVITE is sent again: it has no final response yet. */
export function anotherInvite({ earlierFinal: _, ...evidence }: Evidence): Evidence {
  const earlier = evidence.final === null ? {} : { earlierFinal: evidence.final.status };
  return { ...evidence, ...earlier, final: null, over: false };
}

function addResponse(call: WireCall, response: InviteResponse, atMs: number): WireCall {
  const { evidence } = call;
  if (response.fromTag !== call.fromTag || response.cseq !== call.cseq || evidence.final !== null) return call;
  const { status, toTag, q850Cause, networkBlocked, redressUrl, retryAfterSeconds } = response;
  const retryAfter = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const isFinal = status >= 200;
  const next: Evidence = {
    ...evidence,
    respondedAtMs: evidence.respondedAtMs ?? atMs,
    progressAtMs: evidence.progressAtMs ?? (status === 183 ? atMs : null),
    alertingAtMs: evidence.alertingAtMs ?? (status === 180 ? atMs : null),
    final: isFinal ? { atMs, status, q850Cause, networkBlocked, redressUrl, ...retryAfter } : null,
    forked: evidence.forked || (!isFinal && toTag !== null && call.toTag !== null && toTag !== call.toTag),
    over: isFinal && !isChallenge(status),
  };
  return { ...call, toTag: call.toTag ?? (isFinal ? null : toTag), evidence: next };
}

function addCancelResponse(call: WireCall, response: CancelResponse, atMs: number): WireCall {
  const { evidence } = call;
  const isOurs = response.fromTag === call.fromTag && response.cseq === call.cseq && evidence.canceledAtMs !== null;
  if (!isOurs || evidence.cancelAcceptedAtMs !== null || response.status < 200 || response.status > 299) return call;
  return { ...call, evidence: { ...evidence, cancelAcceptedAtMs: atMs } };
}
