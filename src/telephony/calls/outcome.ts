/** How a call attempt ended, and what follows from it: a closed set, one table from SIP and Q.850, one table of traits. */
import type { EndedBy, OriginateRefusal } from "../asterisk/call-control.ts";

export const outcomes = [
  "rang",
  "answered",
  "busy",
  "declined",
  "no_answer_signal",
  "unallocated",
  "invalid_format",
  "changed",
  "switched_off",
  "barred",
  "caller_id_refused",
  "congestion",
  "trunk_down",
  "canceled",
  "interrupted",
  "unknown",
] as const;

export type Outcome = (typeof outcomes)[number];

export interface OutcomeTraits {
  /**
   * Whether another call to this number makes sense, and by which path. `final`: this number will not ring. `at_once`:
   * the attempt itself goes on to another trunk, unless the phone may have rung.
   */
  readonly nextTry: "final" | "same_trunk" | "other_trunk" | "other_trunk_at_once" | "other_caller_id";
  /** What it says of the number itself: it works, it is away for now, it is likely dead, or nothing. */
  readonly numberHealth: "works" | "away" | "dead" | "nothing";
  /** Whose statistics it counts against. */
  readonly countsAgainst: "number" | "trunk" | "us" | "nobody";
  /** Whether the phone may have shown the caller ID: see `delivered`. */
  readonly delivered: "yes" | "no" | "if_alerted";
}

/**
 * What each outcome means. Sources: RFC 3398 section 7.2.4.1, RFC 8197 (607), RFC 8688 (608), Q.850 table 1.
 * `unallocated` asks for a second trunk because carriers also say 404 when they merely have no route. An attempt goes on
 * to another trunk at once where this one failed or would not carry the call; where the callee's own network spoke,
 * another trunk would hear the same.
 */
export const outcomeTraits: Readonly<Record<Outcome, OutcomeTraits>> = {
  rang: { nextTry: "same_trunk", numberHealth: "works", countsAgainst: "nobody", delivered: "yes" },
  answered: { nextTry: "same_trunk", numberHealth: "works", countsAgainst: "number", delivered: "yes" },
  busy: { nextTry: "same_trunk", numberHealth: "works", countsAgainst: "number", delivered: "no" },
  declined: { nextTry: "same_trunk", numberHealth: "works", countsAgainst: "number", delivered: "yes" },
  no_answer_signal: { nextTry: "other_trunk", numberHealth: "nothing", countsAgainst: "trunk", delivered: "no" },
  unallocated: { nextTry: "other_trunk_at_once", numberHealth: "dead", countsAgainst: "number", delivered: "no" },
  invalid_format: { nextTry: "final", numberHealth: "dead", countsAgainst: "us", delivered: "no" },
  changed: { nextTry: "final", numberHealth: "dead", countsAgainst: "number", delivered: "no" },
  switched_off: { nextTry: "same_trunk", numberHealth: "away", countsAgainst: "number", delivered: "no" },
  barred: { nextTry: "other_trunk_at_once", numberHealth: "nothing", countsAgainst: "trunk", delivered: "no" },
  caller_id_refused: {
    nextTry: "other_caller_id",
    numberHealth: "nothing",
    countsAgainst: "us",
    delivered: "if_alerted",
  },
  congestion: {
    nextTry: "other_trunk_at_once",
    numberHealth: "nothing",
    countsAgainst: "trunk",
    delivered: "if_alerted",
  },
  trunk_down: { nextTry: "other_trunk_at_once", numberHealth: "nothing", countsAgainst: "trunk", delivered: "no" },
  canceled: { nextTry: "same_trunk", numberHealth: "nothing", countsAgainst: "nobody", delivered: "if_alerted" },
  interrupted: { nextTry: "same_trunk", numberHealth: "nothing", countsAgainst: "us", delivered: "if_alerted" },
  unknown: { nextTry: "other_trunk", numberHealth: "nothing", countsAgainst: "trunk", delivered: "if_alerted" },
};

/** Whether the callee may have seen the caller ID: the person can be asked for the digits, and they are no longer fresh. */
export function delivered(outcome: Outcome, alerted: boolean): boolean {
  const trait = outcomeTraits[outcome].delivered;
  return trait === "yes" || (trait === "if_alerted" && alerted);
}

/** Whether an attempt with this outcome goes on to another trunk at once; see `LiveAttempt` for when it must not. */
export function failsOver(outcome: Outcome): boolean {
  return outcomeTraits[outcome].nextTry === "other_trunk_at_once";
}

/** All that is known at the end of a call. */
export interface Ending {
  /** Why the call was not placed; null when Asterisk took it. */
  readonly refusal: OriginateRefusal | null;
  /** Somebody asked for the end (an app, or our own shutdown) before it came. */
  readonly canceled: boolean;
  readonly answered: boolean;
  readonly alerted: boolean;
  /** `nobody`: the end itself was never seen. */
  readonly endedBy: EndedBy | "nobody";
  readonly sipStatus: number | null;
  /** As Asterisk reports it: mostly made from the status. */
  readonly q850Cause: number | null;
  /** The cause in the carrier's own Reason header, seen by the SIP capture. */
  readonly carrierCause: number | null;
}

const refusalOutcomes: Readonly<Record<OriginateRefusal, Outcome>> = {
  not_connected: "trunk_down",
  trunk_down: "trunk_down",
  refused: "trunk_down",
  // The call may be up all the same; nobody can tell what becomes of it.
  no_response: "interrupted",
  // Our own ids are random: a clash is a fault of ours that says nothing about number or trunk.
  duplicate: "unknown",
};

/** One kind of end that the far end gave, before and after it claimed alerting. */
interface FarEnd {
  readonly statuses: readonly number[];
  readonly causes: readonly number[];
  readonly silent: Outcome;
  readonly alerted: Outcome;
}

/**
 * The table. A user who rejects a ringing call shows as 486, 403 or 603 depending on the network (RFC 3398 maps
 * "user busy" to 486 and "call rejected" to 403), so each of them after alerting is `declined`. Before alerting 603
 * and 608 are the answer of analytics that distrust the caller ID (RFC 8688), 428 and 436 to 438 that of a network that
 * distrusts its signature (RFC 8224), 403 is a carrier that will not carry this call. "Not there" stays what it is after
 * a 180: some carriers send one before they look the number up.
 */
const farEnds: readonly FarEnd[] = [
  { statuses: [404, 604], causes: [1], silent: "unallocated", alerted: "unallocated" },
  { statuses: [416, 484, 485], causes: [28], silent: "invalid_format", alerted: "invalid_format" },
  { statuses: [301, 410], causes: [22, 23], silent: "changed", alerted: "changed" },
  { statuses: [486, 600], causes: [17], silent: "busy", alerted: "declined" },
  { statuses: [], causes: [20], silent: "switched_off", alerted: "rang" },
  { statuses: [408, 480, 487], causes: [18, 19], silent: "no_answer_signal", alerted: "rang" },
  // 55, 57 and 87: barred for the callee, the caller, or whoever is not in the group (RFC 3398: 403, as 21).
  { statuses: [403], causes: [21, 55, 57, 87], silent: "barred", alerted: "declined" },
  { statuses: [603, 607], causes: [], silent: "caller_id_refused", alerted: "declined" },
  { statuses: [428, 433, 436, 437, 438, 608], causes: [], silent: "caller_id_refused", alerted: "caller_id_refused" },
  { statuses: [401, 402, 407], causes: [], silent: "trunk_down", alerted: "trunk_down" },
  {
    // 2 and 3 are "no route": the trunk's fault, not the number's. 27 is what Asterisk makes of 502.
    statuses: [482, 483, 500, 502, 503, 504, 580],
    causes: [2, 3, 25, 27, 34, 38, 41, 42, 44, 47, 102],
    silent: "congestion",
    alerted: "congestion",
  },
  // We never follow a redirection: it could lead a call anywhere. 488 and 606 want other media than a telephone's.
  { statuses: [300, 302, 305, 380, 415, 488, 606], causes: [], silent: "unknown", alerted: "rang" },
];
/** Anything else, such as 16 or 127 with no SIP status: after alerting the phone did ring. */
const otherFarEnd: FarEnd = { statuses: [], causes: [], silent: "unknown", alerted: "rang" };

/** The Q.850 cause that Asterisk makes from a final SIP status. Measured on 22.10.1. */
const causeOfStatus: Readonly<Record<number, number>> = {
  403: 21,
  404: 1,
  408: 18,
  410: 22,
  433: 127,
  480: 19,
  484: 28,
  486: 17,
  488: 58,
  500: 38,
  502: 27,
  503: 34,
  600: 17,
  603: 21,
  604: 1,
  607: 127,
  608: 127,
};

/**
 * The carrier's own cause says more than the status, unless it only repeats it. Seen by the capture it is sure; without, it is
 * one that Asterisk did not make from the status (it passed on `Reason: Q.850;cause=N` before 22.9). Else the status is the
 * finer of the two; else the cause is all there is.
 */
function farEndRow({ sipStatus, q850Cause, carrierCause }: Ending): FarEnd {
  const cause = carrierCause ?? q850Cause;
  const byStatus = farEnds.find((row) => sipStatus !== null && row.statuses.includes(sipStatus));
  const byCause = farEnds.find((row) => cause !== null && row.causes.includes(cause));
  const derived = sipStatus === null ? undefined : causeOfStatus[sipStatus];
  const carriersOwn = cause !== derived && (carrierCause !== null || derived !== undefined);
  return (carriersOwn ? (byCause ?? byStatus) : (byStatus ?? byCause)) ?? otherFarEnd;
}

/** The outcome of a call attempt: who ended it comes first, because Asterisk makes up causes for our own hang-ups. */
export function outcomeOf(ending: Ending): Outcome {
  if (ending.answered) return "answered";
  if (ending.endedBy === "far_end") {
    const row = farEndRow(ending);
    return ending.alerted ? row.alerted : row.silent;
  }
  if (ending.canceled) return "canceled";
  if (ending.refusal !== null) return refusalOutcomes[ending.refusal];
  if (ending.endedBy === "nobody") return "interrupted";
  return ending.alerted ? "rang" : "no_answer_signal";
}
