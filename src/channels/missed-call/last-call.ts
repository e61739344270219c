/** What is kept of a call that ended: how it went on the wire, and nothing of who called whom over what. */
import type { AttemptResult } from "../../telephony/calls/ports.ts";

export type LastCall = Pick<
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

export function lastCallOf(result: AttemptResult): LastCall {
  const { outcome, alerted, postDialDelayMs, ringMs, sipStatus, q850Cause, endedBy, falseAnswer, evidence } = result;
  return { outcome, alerted, postDialDelayMs, ringMs, sipStatus, q850Cause, endedBy, falseAnswer, evidence };
}
