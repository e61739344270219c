/** What is kept of a call that ended: how it went on the wire, and nothing of who called whom over what. */
import { delivered } from "../../telephony/calls/outcome.ts";
import type { CallResult } from "../../telephony/calls/ports.ts";

export type CallEvidence = Pick<
  CallResult,
  | "outcome"
  | "alerted"
  | "postDialDelayMs"
  | "ringMs"
  | "sipStatus"
  | "q850Cause"
  | "endedBy"
  | "falseAnswer"
  | "source"
  | "progress"
  | "redressUrl"
>;

export function evidenceOf(result: CallResult): CallEvidence {
  const { outcome, alerted, postDialDelayMs, ringMs, sipStatus, q850Cause, endedBy, falseAnswer } = result;
  const { source, progress, redressUrl } = result;
  return {
    ...{ outcome, alerted, postDialDelayMs, ringMs, sipStatus, q850Cause },
    ...{ endedBy, falseAnswer, source, progress, redressUrl },
  };
}

/** What a finished call means for its delivery: the event, and the reason to show beside the state. */
export function deliveredOf({ outcome, alerted }: CallResult) {
  return { event: delivered(outcome, alerted) ? "delivered" : "undelivered", reason: outcome } as const;
}
