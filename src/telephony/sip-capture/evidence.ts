/** What went over the wire for one INVITE, as a pure state machine: message by message to evidence. */
import type { InviteResponse, SipMessage, SipRequest } from "./sip.ts";

/** All times are Asterisk's, in milliseconds to the microsecond: only their differences mean something. */
export interface Evidence {
  readonly inviteAtMs: number;
  /** The first response of any kind, null: none came. */
  readonly respondedAtMs: number | null;
  /** First 183. */
  readonly progressAtMs: number | null;
  /** Whether a 183 brought SDP: early media. */
  readonly earlyMedia: boolean;
  /** First 180. */
  readonly alertingAtMs: number | null;
  /** The final response to the INVITE. */
  readonly final: { readonly atMs: number; readonly status: number; readonly q850Cause: number | null } | null;
  /** Our first CANCEL. */
  readonly canceledAtMs: number | null;
  /** Who said BYE first. */
  readonly byeFrom: "us" | "far_end" | null;
  /** The final response was seen: this INVITE cannot make a phone ring any more. */
  readonly over: boolean;
}

/** A call on the wire. Holds no text of a message but the tag that tells whose a request is. */
export interface WireCall {
  readonly evidence: Evidence;
  /** Of the newest INVITE: a challenged one is sent again with the next number. */
  readonly cseq: number;
  /** Our tag: From of our requests and of the responses to them. */
  readonly fromTag: string;
}

/** The trunk asks for a password (RFC 3261 section 22): the INVITE is sent again, so its end is not the call's. */
const challenges: readonly number[] = [401, 407];

/** @param invite the first INVITE of a call; null for one inside a dialog, which begins nothing */
export function beginWireCall(invite: SipRequest, atMs: number): WireCall | null {
  if (invite.method !== "INVITE" || invite.toTag !== null) return null;
  return {
    cseq: invite.cseq,
    fromTag: invite.fromTag,
    evidence: {
      inviteAtMs: atMs,
      respondedAtMs: null,
      progressAtMs: null,
      earlyMedia: false,
      alertingAtMs: null,
      final: null,
      canceledAtMs: null,
      byeFrom: null,
      over: false,
    },
  };
}

/** One more message with this Call-ID. @returns the very same call where the message tells nothing new */
export function addMessage(call: WireCall, message: SipMessage, atMs: number): WireCall {
  if (message.kind === "response") return addResponse(call, message, atMs);
  const isOurs = message.fromTag === call.fromTag;
  const { evidence } = call;
  switch (message.method) {
    case "INVITE":
      if (!isOurs || message.toTag !== null || message.cseq <= call.cseq) return call;
      return { ...call, cseq: message.cseq, evidence: { ...evidence, final: null, over: false } };
    case "CANCEL":
      if (!isOurs || message.cseq !== call.cseq || evidence.canceledAtMs !== null) return call;
      return { ...call, evidence: { ...evidence, canceledAtMs: atMs } };
    case "BYE":
      if (evidence.byeFrom !== null) return call;
      return { ...call, evidence: { ...evidence, byeFrom: isOurs ? "us" : "far_end" } };
  }
}

function addResponse(call: WireCall, response: InviteResponse, atMs: number): WireCall {
  const { evidence } = call;
  if (response.fromTag !== call.fromTag || response.cseq !== call.cseq || evidence.final !== null) return call;
  const { status, hasSdp, q850Cause } = response;
  const next: Evidence = {
    ...evidence,
    respondedAtMs: evidence.respondedAtMs ?? atMs,
    progressAtMs: evidence.progressAtMs ?? (status === 183 ? atMs : null),
    earlyMedia: evidence.earlyMedia || (status === 183 && hasSdp),
    alertingAtMs: evidence.alertingAtMs ?? (status === 180 ? atMs : null),
    final: status >= 200 ? { atMs, status, q850Cause } : null,
    over: status >= 200 && !challenges.includes(status),
  };
  return { ...call, evidence: next };
}
