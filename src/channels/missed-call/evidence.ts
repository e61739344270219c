/** The stored result of a call: its course on the wire, without numbers, trunk or Asterisk. */
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

/** The effect of a finished call on its delivery: the event, and the reason that is shown with the state. */
export function deliveredOf({ outcome, alerted }: CallResult) {
  return { event: delivered(outcome, alerted) ? "delivered" : "undelivered", reason: outcome } as const;
}
