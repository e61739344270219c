/** What the end of a call says of the trunk that carried it: the one table that the circuit breakers go by. */
import type { Outcome } from "../calls/outcome.ts";

/**
 * - `good`: the trunk did its work.
 * - `trunk_failed`: the trunk's own evidence; no callee can cause it: no response to INVITE, nothing could be sent, the
 *   connection broke.
 * - `call_failed`: a final response of the 5xx kind. It may be the trunk's fault, or that of this one destination.
 * - `nothing`: the call cannot tell.
 */
export type TrunkVerdict = "good" | "trunk_failed" | "call_failed" | "nothing";

/**
 * Good is only what shows that the call reached the callee's network. A refusal of this one call (403, 484, 608) may be
 * the carrier's or the network's: it neither condemns the trunk nor clears it. RFC 3261 section 21.5 has the finals by
 * which a server says that the fault is its own; carriers pass on those of the far network too, so a final alone is
 * never more than `call_failed`.
 */
const verdicts: Readonly<Record<Outcome, TrunkVerdict>> = {
  rang: "good",
  answered: "good",
  busy: "good",
  declined: "good",
  no_answer_signal: "nothing",
  unallocated: "good",
  invalid_format: "nothing",
  changed: "good",
  switched_off: "good",
  barred: "nothing",
  caller_id_refused: "nothing",
  congestion: "call_failed",
  trunk_down: "trunk_failed",
  canceled: "nothing",
  interrupted: "nothing",
  unknown: "nothing",
};

/** What `verdictOf` reads of a `CallResult`. */
export interface EndedOnTrunk {
  readonly outcome: Outcome;
  readonly alerted: boolean;
  /** Who ended the call: where the far end said that nobody answers, the trunk carried it there. */
  readonly endedBy: "far_end" | "us" | "unknown";
  /** The trunk gave no response at all, not even 100 Trying; false where that is not known. */
  readonly silent: boolean;
  /** The final response, where one is known. */
  readonly sipStatus: number | null;
}

export function verdictOf(call: EndedOnTrunk): TrunkVerdict {
  if (call.alerted) return "good";
  if (call.silent) return call.outcome === "canceled" ? "nothing" : "trunk_failed";
  if (call.outcome === "no_answer_signal") return call.endedBy === "far_end" ? "good" : "nothing";
  const verdict = verdicts[call.outcome];
  // 401, 402 or 407 from the far end: the carrier spoke, and may have meant this call alone.
  const carrierSpoke = call.endedBy === "far_end" && call.sipStatus !== null;
  return verdict === "trunk_failed" && carrierSpoke ? "call_failed" : verdict;
}
