/** What an attempt came to: from what Asterisk's events said and, where the SIP capture saw it, from what the wire says. */
import type { EndedBy, OriginateRefusal } from "../asterisk/call-control.ts";
import type { Evidence } from "../sip-capture/evidence.ts";
import { outcomeOf } from "./outcome.ts";
import type { AttemptResult } from "./ports.ts";

/** The end of a call as Asterisk's events tell it. Times are the gateway's, in milliseconds. */
export interface CallEnd {
  readonly startedAtMs: number;
  readonly alertedAtMs: number | null;
  readonly endedAtMs: number;
  /** Asterisk took the call, or it showed a sign of life. */
  readonly exists: boolean;
  readonly refusal: OriginateRefusal | null;
  readonly answered: boolean;
  /** Somebody asked for the end before it came. */
  readonly canceled: boolean;
  readonly endedBy: EndedBy | "nobody";
  readonly sipStatus: number | null;
  readonly q850Cause: number | null;
  /** Call-ID of its INVITE, where it is known. */
  readonly sipCallId: string | null;
  /** Asterisk reports an end that neither we nor its own fail-safe can have made. */
  readonly farEndRefused: boolean;
}

/** @param ringOnProgress whether a 183 counts as alerting on this trunk @param evidence null: the capture saw nothing of it */
export function resultOf(end: CallEnd, ringOnProgress: boolean, evidence: Evidence | null): AttemptResult {
  const alertingAtMs = evidence === null ? null : alertingOnWire(evidence, ringOnProgress);
  const alerted = end.alertedAtMs !== null || alertingAtMs !== null;
  const answered = end.answered || isAnswer(evidence?.final?.status);
  const ending = endingOf(end, evidence, answered);
  const times = evidence !== null && alertingAtMs !== null ? wireTimes(end, evidence, alertingAtMs) : eventTimes(end);
  return {
    outcome: outcomeOf({ refusal: end.refusal, canceled: end.canceled, answered, alerted, ...ending }),
    alerted,
    ...times,
    sipStatus: ending.sipStatus,
    q850Cause: ending.carrierCause ?? end.q850Cause,
    endedBy: ending.endedBy,
    evidence: evidence !== null && (evidence.final !== null || ending.endedBy === "us") ? "sip" : "events",
    falseAnswer: answered && !alerted,
    silent: !alerted && !answered && evidence !== null && evidence.respondedAtMs === null,
    inviteOver: inviteOver(end, evidence),
    tries: [],
  };
}

type Ending = Pick<CallEnd, "endedBy" | "sipStatus" | "q850Cause"> & { readonly carrierCause: number | null };

function endingOf(end: CallEnd, evidence: Evidence | null, answered: boolean): Ending {
  const { endedBy, sipStatus, q850Cause } = end;
  const byEvents: Ending = { endedBy, sipStatus, q850Cause, carrierCause: null };
  const final = evidence?.final ?? null;
  if (evidence === null || final === null) return byEvents;
  // What Asterisk made of the status, or made up for our own hang-up, tells nothing beside the final itself.
  const seen = { sipStatus: final.status, q850Cause: null, carrierCause: final.q850Cause };
  if (answered) return { ...seen, endedBy: evidence.byeFrom ?? endedBy };
  if (answersOurCancel(evidence)) return { ...seen, endedBy: "us" };
  return { ...seen, endedBy: "far_end" };
}

/**
 * 487 is what RFC 3261 section 9.2 asks of a canceled call. Where 408 or 480 come after our CANCEL without a cause of
 * their own, nobody can tell a carrier's odd 487 from a phone that gave up in that moment.
 */
function answersOurCancel({ canceledAtMs, final }: Evidence): boolean {
  if (canceledAtMs === null || final === null || final.atMs < canceledAtMs) return false;
  return final.status === 487 || (final.q850Cause === null && (final.status === 408 || final.status === 480));
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

type Times = Pick<AttemptResult, "postDialDelayMs" | "ringMs">;

function eventTimes({ startedAtMs, alertedAtMs, endedAtMs }: CallEnd): Times {
  if (alertedAtMs === null) return { postDialDelayMs: null, ringMs: null };
  return { postDialDelayMs: alertedAtMs - startedAtMs, ringMs: endedAtMs - alertedAtMs };
}

/** Whole milliseconds, and never less than none: a clock that is set back says nothing of a call. */
function whole(ms: number): number {
  return Math.max(0, Math.round(ms));
}

/**
 * Whether no INVITE of this attempt can make a phone ring any more. What Asterisk says of a call that the capture saw without a
 * final is not enough: it makes up a 503 where a TCP connection breaks, and a 408 where nothing came.
 */
function inviteOver(end: CallEnd, evidence: Evidence | null): boolean {
  if (evidence !== null) return evidence.over;
  if (!end.exists && end.refusal !== null && neverSent.includes(end.refusal)) return true;
  return end.answered || (end.endedBy === "far_end" && end.farEndRefused);
}

const neverSent: readonly OriginateRefusal[] = ["not_connected", "trunk_down", "refused"];

function isAnswer(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status <= 299;
}
