/** Judges the caller ID of a call that ended. */
import type { Outcome } from "../telephony/calls/outcome.ts";
import type { Evidence } from "./store-port.ts";

/**
 * Unallocated, busy, congested, ended by us: none of that is caused by the caller ID. What remains is a call that was
 * carried but did not ring, which is how a filter on the path appears. A carrier's 403 (`barred`) and a 603 or 433 before
 * alerting (`caller_id_refused`) count too: they may concern the caller ID, the callee or the carrier's own policy.
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

/** 607 Unwanted (RFC 8197) and 608 Rejected (RFC 8688): the networks' responses to a caller ID that they distrust. */
const flags: readonly (number | null)[] = [607, 608];

/**
 * A 607 after alerting is `declined`: one person's decision, which must not block a caller ID for all other callees.
 * A 603 after alerting that is nevertheless `caller_id_refused` is the 603+ of call analytics (ATIS-1000099).
 * @param networkBlocked the final response was such a 603+, where known
 * @returns null where it is no evidence
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
