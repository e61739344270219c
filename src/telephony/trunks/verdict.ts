/** What the end of a call says of the trunk that carried it: the one table that the breaker goes by. */
import type { Outcome } from "../calls/outcome.ts";

/** `good`: the trunk did its work. `failed`: by its own fault it did not. `nothing`: the call cannot tell. */
export type TrunkVerdict = "good" | "failed" | "nothing";

/**
 * Good is only what shows that the call reached the callee's network. A refusal of this one call (403, 484, 608) may be
 * the carrier's or the network's: it neither condemns the trunk nor clears it. RFC 3261 section 21.5 has the finals by
 * which a server says that the fault is its own; `congestion` and `trunk_down` hold those, and what Asterisk could not
 * send at all.
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
  congestion: "failed",
  trunk_down: "failed",
  canceled: "nothing",
  interrupted: "nothing",
  unknown: "nothing",
};

/**
 * @param call.endedBy who ended the call: where the far end said that nobody answers, the trunk carried it there
 * @param call.silent the trunk gave no response at all, not even 100 Trying; false where that is not known
 */
export function verdictOf(call: {
  readonly outcome: Outcome;
  readonly alerted: boolean;
  readonly endedBy: "far_end" | "us" | "unknown";
  readonly silent: boolean;
}): TrunkVerdict {
  if (call.alerted) return "good";
  // Its connection broke, or nothing came before a timer of Asterisk's ended the INVITE.
  if (call.outcome === "interrupted" && call.silent) return "failed";
  if (call.outcome !== "no_answer_signal") return verdicts[call.outcome];
  if (call.silent) return "failed";
  return call.endedBy === "far_end" ? "good" : "nothing";
}
