/** The result of one INVITE: from Asterisk's events and, where the SIP capture saw it, from the messages on the wire. */

import { type Evidence, isChallenge } from "../../sip/evidence.ts";
import { isNetworkBlocked } from "../../sip/network-blocked.ts";
import type { EndedBy, LastResponse, OriginateRefusal } from "../call-control/port.ts";
import { outcomeOf } from "./ending.ts";
import type { CallResult } from "./ports.ts";

/** The end of an INVITE by Asterisk's events. Times are the gateway's, in milliseconds. */
export interface CallEnd {
  readonly startedAtMs: number;
  readonly alertedAtMs: number | null;
  readonly answeredAtMs: number | null;
  readonly endedAtMs: number;
  /** A 183 came, where the driver reports it. */
  readonly progressed: boolean;
  /** Asterisk accepted the call, or an event of it arrived. */
  readonly exists: boolean;
  readonly refusal: OriginateRefusal | null;
  /** The end was requested before it came. */
  readonly canceled: boolean;
  readonly endedBy: EndedBy | "unknown";
  readonly sipStatus: number | null;
  readonly q850Cause: number | null;
  /** Call-ID of its INVITE, where it is known. */
  readonly sipCallId: string | null;
  /** Asterisk reports an end that neither we nor its own fail-safe can have made. */
  readonly farEndRefused: boolean;
  /** What the far end sent last; null where this Asterisk does not report it. */
  readonly lastResponse: LastResponse | null;
  /** Of the messages that the driver itself exchanged; null: it is not the one that speaks SIP. */
  readonly evidence: Evidence | null;
}

/** @param ringOnProgress whether a 183 counts as alerting on this trunk @param evidence the driver's or the capture's; null: neither saw anything of it */
export function resultOf(end: CallEnd, ringOnProgress: boolean, evidence: Evidence | null): CallResult {
  const alertingAtMs = evidence === null ? null : alertingOnWire(evidence, ringOnProgress);
  const alerted = end.alertedAtMs !== null || alertingAtMs !== null;
  const answered = end.answeredAtMs !== null || isAnswer(evidence?.final?.status);
  const ending = endingOf(end, evidence, { answered, alerted });
  const times = evidence !== null && alertingAtMs !== null ? wireTimes(end, evidence, alertingAtMs) : eventTimes(end);
  const { proof, carrierCause, networkBlocked, redressUrl } = ending;
  const outcome = outcomeOf({ refusal: end.refusal, canceled: end.canceled, answered, alerted, ...ending });
  return {
    outcome,
    alerted,
    progress: end.progressed || end.lastResponse?.status === 183 || (evidence?.progressAtMs ?? null) !== null,
    ...times,
    sipStatus: ending.sipStatus,
    q850Cause: carrierCause ?? end.q850Cause,
    endedBy: proof === "doubtful" ? "unknown" : ending.endedBy,
    source: evidence !== null && (evidence.final !== null || ending.endedBy === "us") ? "sip" : "events",
    falseAnswer: answered && !alerted,
    silent: !alerted && !answered && isSilent(end, evidence),
    inviteOver: inviteOver(end, evidence, proof),
    ...(end.evidence !== null && !end.evidence.over ? { finalMissing: true } : {}),
    networkBlocked,
    redressUrl,
    ...(ending.endedBy === "far_end" ? retryAfterOf(evidence) : {}),
    ...(end.answeredAtMs === null ? {} : { talkMs: whole(end.endedAtMs - end.answeredAtMs) }),
    attempts: [],
  };
}

function retryAfterOf(evidence: Evidence | null): Pick<CallResult, "retryAfterSeconds"> {
  const seconds = evidence?.final?.retryAfterSeconds;
  return seconds === undefined ? {} : { retryAfterSeconds: seconds };
}

/**
 * Whether the far end's final response was seen. `made_up`: no, Asterisk ended the call with a final response of its own.
 * `doubtful`: it may have been made up.
 */
type Proof = "seen" | "made_up" | "doubtful";

interface AttemptEnding extends Pick<CallEnd, "endedBy" | "sipStatus" | "q850Cause"> {
  readonly carrierCause: number | null;
  readonly networkBlocked: boolean;
  readonly redressUrl: string | null;
  readonly proof: Proof;
}

function endingOf(
  end: CallEnd,
  evidence: Evidence | null,
  known: { readonly answered: boolean; readonly alerted: boolean },
): AttemptEnding {
  const final = evidence?.final ?? null;
  if (evidence === null || final === null) return endingByEvents(end, evidence, known.answered);
  // The cause that Asterisk derived from the status, or from our own hang-up, adds nothing to the final response itself.
  const { networkBlocked, redressUrl } = final;
  const seen = {
    sipStatus: final.status,
    q850Cause: null,
    carrierCause: final.q850Cause,
    proof: "seen" as const,
    networkBlocked,
    redressUrl,
  };
  if (known.answered) return { ...seen, endedBy: evidence.byeFrom ?? end.endedBy };
  // A captured CANCEL may arrive after the 487 that answers it: two threads of Asterisk send the copies.
  const answersUnseenCancel = final.status === 487 && end.endedBy === "us";
  if (answersUnseenCancel || answersOurCancel(evidence, known.alerted)) return { ...seen, endedBy: "us" };
  // The INVITE that answered the challenge may have been lost to the capture: Asterisk must agree that this was the end.
  if (isChallenge(final.status) && !endsInChallenge(end, final.status)) {
    return { ...seen, endedBy: end.endedBy === "us" ? "us" : "unknown" };
  }
  return { ...seen, endedBy: "far_end" };
}

function endingByEvents(end: CallEnd, evidence: Evidence | null, answered: boolean): AttemptEnding {
  const { endedBy, q850Cause, lastResponse } = end;
  const proof = end.endedBy === "far_end" && !answered ? proofOf(end, evidence) : "seen";
  const status = lastResponse !== null && lastResponse.status >= 300 ? lastResponse.status : null;
  return {
    endedBy: proof === "made_up" ? "unknown" : endedBy,
    // Asterisk's own final response is not the far end's status.
    sipStatus: proof === "made_up" ? null : (end.sipStatus ?? (endedBy === "far_end" ? status : null)),
    q850Cause,
    carrierCause: null,
    networkBlocked: lastResponse !== null && isNetworkBlocked(lastResponse.status, lastResponse.phrase, []) !== null,
    redressUrl: null,
    proof,
  };
}

/**
 * Final responses that Asterisk generates itself: 503 where a TCP or TLS connection breaks or cannot be opened, 408 where nothing came within
 * Timer B, 502 where a name does not resolve (RFC 3261 sections 8.1.3.1 and 17.1.4). They arrive with the same cause and
 * tech_cause as a carrier's own (measured on 22.10.1), while the phone may ring on: no CANCEL was sent.
 */
const madeUpStatuses: readonly number[] = [408, 502, 503];
const madeUpCauses: readonly number[] = [18, 27, 34];

function proofOf({ lastResponse, sipStatus, q850Cause }: CallEnd, evidence: Evidence | null): Proof {
  if (lastResponse !== null) return endedCall(lastResponse.status, evidence) ? "seen" : "made_up";
  const mayBeMadeUp =
    sipStatus === null ? q850Cause !== null && madeUpCauses.includes(q850Cause) : madeUpStatuses.includes(sipStatus);
  if (!mayBeMadeUp) return "seen";
  return evidence === null ? "doubtful" : "made_up";
}

/**
 * Whether the far end's last response ended the call. Asterisk answers a challenge with another INVITE, and after 503 sends it to the next
 * address of the trunk's name. Where nothing came in response to that one, it reports the response to the one before as the end, cause
 * and tech_cause too (measured on 22.10.1): only the wire shows that another INVITE followed.
 */
function endedCall(last: number, evidence: Evidence | null): boolean {
  const isOfEarlier = evidence !== null && evidence.final === null && evidence.earlierFinal === last;
  return last >= 300 && !isOfEarlier;
}

/**
 * 487 is the response to a canceled call (RFC 3261 section 9.2). After a proxy accepted our CANCEL (200) it may pass on another
 * final, that of a forked call's other phone (section 16.7): if it was ringing, the end is still ours, not that person's. Where
 * 408 or 480 come after our CANCEL without a cause of their own, a carrier's unusual substitute for 487 cannot be
 * distinguished from a phone that timed out at that moment.
 */
function answersOurCancel({ canceledAtMs, cancelAcceptedAtMs, forked, final }: Evidence, alerted: boolean): boolean {
  if (canceledAtMs === null || final === null || final.atMs < canceledAtMs) return false;
  if (final.status === 487) return true;
  if (alerted && (forked || (cancelAcceptedAtMs !== null && cancelAcceptedAtMs <= final.atMs))) return true;
  return final.q850Cause === null && (final.status === 408 || final.status === 480);
}

/** Asterisk reports the challenge as the call's end; before 22.7 it reports the cause alone (21: rejected). */
function endsInChallenge(end: CallEnd, status: number): boolean {
  if (end.endedBy !== "far_end") return false;
  const reported = end.lastResponse?.status ?? end.sipStatus;
  return reported === null ? end.farEndRefused && !madeUpCauses.includes(end.q850Cause ?? 0) : reported === status;
}

function isSilent(end: CallEnd, evidence: Evidence | null): boolean {
  return evidence === null ? end.lastResponse?.status === 0 && end.exists : evidence.respondedAtMs === null;
}

function alertingOnWire(evidence: Evidence, ringOnProgress: boolean): number | null {
  const { alertingAtMs, progressAtMs } = evidence;
  if (!ringOnProgress || progressAtMs === null) return alertingAtMs;
  return Math.min(progressAtMs, alertingAtMs ?? progressAtMs);
}

/** The phone rings until our CANCEL or its own final, whichever the wire saw first. */
function wireTimes(end: CallEnd, evidence: Evidence, alertingAtMs: number): Times {
  const ends = [evidence.canceledAtMs, evidence.final?.atMs ?? null].filter((atMs) => atMs !== null);
  const ringMs = ends.length > 0 ? Math.min(...ends) - alertingAtMs : eventTimes(end).ringMs;
  return { postDialDelayMs: whole(alertingAtMs - evidence.inviteAtMs), ringMs: ringMs === null ? null : whole(ringMs) };
}

type Times = Pick<CallResult, "postDialDelayMs" | "ringMs">;

function eventTimes({ startedAtMs, alertedAtMs, answeredAtMs, endedAtMs }: CallEnd): Times {
  if (alertedAtMs === null) return { postDialDelayMs: null, ringMs: null };
  return { postDialDelayMs: alertedAtMs - startedAtMs, ringMs: (answeredAtMs ?? endedAtMs) - alertedAtMs };
}

/** Whole milliseconds, and not below 0: a clock that was set back must not give a negative time. */
function whole(ms: number): number {
  return Math.max(0, Math.round(ms));
}

/** Whether a phone may ring on after this end: then its callee stays locked until the latest possible end of the call. */
export function mayStillRing({ endedBy, finalMissing, inviteOver }: CallResult): boolean {
  return (endedBy === "unknown" || finalMissing === true) && !inviteOver;
}

/** Whether no INVITE of this attempt can make a phone ring any more. */
function inviteOver(end: CallEnd, evidence: Evidence | null, proof: Proof): boolean {
  if (evidence !== null && evidence.final !== null) {
    return isChallenge(evidence.final.status) ? endsInChallenge(end, evidence.final.status) : evidence.over;
  }
  if (!end.exists && end.refusal !== null && neverSent.includes(end.refusal)) return true;
  // Where the capture missed the final, the last response that Asterisk itself received is equally good proof.
  if (evidence !== null && end.lastResponse === null) return false;
  return end.answeredAtMs !== null || (end.endedBy === "far_end" && end.farEndRefused && proof === "seen");
}

const neverSent: readonly OriginateRefusal[] = ["not_connected", "trunk_down", "refused"];

function isAnswer(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status <= 299;
}
