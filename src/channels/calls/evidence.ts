/** The stored result of a call: its course on the wire, without numbers, trunk or Asterisk. */
import { delivered } from "../../telephony/calls/outcome.ts";
import type { CallResult } from "../../telephony/calls/ports.ts";

export type CallEvidence = Pick<
  CallResult,
  | "outcome"
  | "alerted"
  | "postDialDelayMs"
  | "ringMs"
  | "talkMs"
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
  const { source, progress, redressUrl, talkMs } = result;
  return {
    ...{ outcome, alerted, postDialDelayMs, ringMs, sipStatus, q850Cause },
    ...{ endedBy, falseAnswer, source, progress, redressUrl },
    ...(talkMs === undefined ? {} : { talkMs }),
  };
}

/**
 * Its Asterisk died or is stalled, or lost the connection to the trunk: the carrier may have its INVITE, or receive it when
 * Asterisk continues. The callee stays locked until the latest possible end of the call.
 */
export function endWasNotSeen({ endedBy, inviteOver }: CallResult): boolean {
  return endedBy === "unknown" && !inviteOver;
}

/** The effect of a finished missed call on its delivery: the event, and the reason that is shown with the state. */
export function deliveredOf({ outcome, alerted }: CallResult) {
  return { event: delivered(outcome, alerted) ? "delivered" : "undelivered", reason: outcome } as const;
}
