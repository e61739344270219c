/** What a call that ended says of the caller ID that it showed. */
import type { Outcome } from "../telephony/calls/outcome.ts";
import type { Evidence } from "./store-port.ts";

/**
 * Not there, busy, congested, our own doing: none of that is the caller ID's fault. What remains is a call that was
 * carried and yet did not ring, which is what a filter on the way looks like. A carrier's 403 (`barred`) and a silent
 * 603 or 433 (`caller_id_refused`) are such too: they may mean the caller ID, or the callee, or the carrier's mood.
 */
const saysNothing: ReadonlySet<Outcome> = new Set([
  "busy",
  "unallocated",
  "invalid_format",
  "changed",
  "switched_off",
  "congestion",
  "trunk_down",
  "canceled",
  "interrupted",
]);

/** 607 Unwanted (RFC 8197) and 608 Rejected (RFC 8688): the networks' words for a caller ID that they distrust. */
const flags: readonly (number | null)[] = [607, 608];

/**
 * A 607 after alerting is `declined`: one person's decision, which must not take a caller ID from everybody else.
 * A 603 after alerting that is yet `caller_id_refused` is the 603+ of call analytics (ATIS-1000099).
 * @param networkBlocked the final was such a 603+, where that is known
 * @returns null where it says nothing
 */
export function evidenceOf(
  outcome: Outcome,
  alerted: boolean,
  sipStatus: number | null,
  networkBlocked = false,
): Evidence | null {
  const isFlag = flags.includes(sipStatus) || networkBlocked || (alerted && sipStatus === 603);
  if (outcome === "caller_id_refused" && isFlag) return "flagged";
  if (alerted || outcome === "answered" || outcome === "declined") return "rang";
  return saysNothing.has(outcome) ? null : "silent";
}
