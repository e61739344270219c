/** What the machine adds to the evidence beside responses (evidence.ts): our own messages, and what only we know. */
import { addMessage, beginWireCall, type Evidence, type WireCall } from "../evidence.ts";

/** Tags need not be compared here: the transaction layer matches by branch. */
const fromTag = "";

/** An INVITE was sent: the first, one that answers a challenge, or one to another target. */
export function addInvite(wire: WireCall | null, cseq: number, atMs: number): WireCall | null {
  if (wire === null) return beginWireCall({ kind: "request", method: "INVITE", cseq, fromTag, toTag: null }, atMs);
  return { ...wire, cseq, toTag: null, evidence: { ...wire.evidence, final: null, over: false } };
}

export function addCancel(wire: WireCall, atMs: number): WireCall {
  return addMessage(wire, { kind: "request", method: "CANCEL", cseq: wire.cseq, fromTag, toTag: null }, atMs);
}

export function addCancelAccepted(wire: WireCall, atMs: number): WireCall {
  return addMessage(wire, { kind: "cancel_response", status: 200, cseq: wire.cseq, fromTag, toTag: null }, atMs);
}

export function hungUpBy(wire: WireCall, who: "us" | "far_end"): WireCall {
  if (wire.evidence.byeFrom !== null) return wire;
  return { ...wire, evidence: { ...wire.evidence, byeFrom: who } };
}

export function asForked(wire: WireCall): WireCall {
  return { ...wire, evidence: { ...wire.evidence, forked: true } };
}

/** Of a call without an INVITE: nothing can ring. @param atMs when it began */
export function nothingSent(atMs: number): Evidence {
  return {
    inviteAtMs: atMs,
    respondedAtMs: null,
    progressAtMs: null,
    alertingAtMs: null,
    final: null,
    canceledAtMs: null,
    cancelAcceptedAtMs: null,
    forked: false,
    byeFrom: null,
    over: true,
  };
}
