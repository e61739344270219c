/** What is kept of a call that ended: how it went on the wire, and nothing of who called whom over what. */
import { delivered } from "../../telephony/calls/outcome.ts";
import type { AttemptResult } from "../../telephony/calls/ports.ts";

export type CallEvidence = Pick<
  AttemptResult,
  | "outcome"
  | "alerted"
  | "postDialDelayMs"
  | "ringMs"
  | "sipStatus"
  | "q850Cause"
  | "endedBy"
  | "falseAnswer"
  | "evidence"
>;

export function evidenceOf(result: AttemptResult): CallEvidence {
  const { outcome, alerted, postDialDelayMs, ringMs, sipStatus, q850Cause, endedBy, falseAnswer, evidence } = result;
  return { outcome, alerted, postDialDelayMs, ringMs, sipStatus, q850Cause, endedBy, falseAnswer, evidence };
}

/** What a finished call means for its delivery: the event, and the reason to show beside the state. */
export function deliveredOf({ outcome, alerted }: AttemptResult) {
  return { event: delivered(outcome, alerted) ? "delivered" : "undelivered", reason: outcome } as const;
}
