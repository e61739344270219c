/** The stored result of a call: its course on the wire and its path. Its caller ID is sealed. */
import { delivered } from "../../telephony/calls/outcome.ts";
import type { CallResult } from "../../telephony/calls/ports.ts";
import type { DeliveryEvidence, Invite } from "../../verification/channel-port.ts";
import type { Sealing } from "../../verification/sealing.ts";
import type { Delivery } from "../../verification/types.ts";

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
> &
  Partial<CallPath>;

/** Which way the calls of a delivery took. No answer to an app has any of it. A record of an older version lacks it. */
export interface CallPath {
  /** Every INVITE of every call so far, in order. A call that sent none counts as one of its slot's trunk, like in metrics. */
  readonly invites: readonly Invite[];
  readonly range: string;
  /** Sealed, the first call's first. */
  readonly callerIds: readonly string[];
}

/** What the result of a call does not say of it. */
export interface PlacedCall {
  readonly verificationId: string;
  readonly callerId: { readonly number: string; readonly range: string };
  readonly slot: { readonly trunk: string; readonly asterisk: string };
  /** The delivery's result so far: that of an earlier call of the same code; null: this is the first. */
  readonly before: unknown;
}

export function evidenceOf(result: CallResult, sealing: Sealing, placed: PlacedCall): CallEvidence {
  const { outcome, alerted, postDialDelayMs, ringMs, sipStatus, q850Cause, endedBy, falseAnswer } = result;
  const { source, progress, redressUrl, talkMs } = result;
  return {
    ...{ outcome, alerted, postDialDelayMs, ringMs, sipStatus, q850Cause },
    ...{ endedBy, falseAnswer, source, progress, redressUrl },
    ...(talkMs === undefined ? {} : { talkMs }),
    ...pathOf(result, sealing, placed),
  };
}

function pathOf(
  result: CallResult,
  sealing: Sealing,
  { verificationId, callerId, slot, before }: PlacedCall,
): CallPath {
  const { attempts, outcome, postDialDelayMs } = result;
  const made = attempts.length > 0 ? attempts : [{ ...slot, outcome }];
  const invites = made.map(
    ({ trunk, asterisk, outcome: own }, index): Invite => [
      trunk,
      asterisk,
      own,
      index === made.length - 1 ? postDialDelayMs : null,
    ],
  );
  const { invites: earlier = [], callerIds = [] } = (before ?? {}) as Partial<CallPath>;
  return {
    invites: [...earlier, ...invites],
    range: callerId.range,
    callerIds: [...callerIds, sealing.seal(sealedFor(verificationId), callerId.number)],
  };
}

/** The course of a delivery by calls, for its detail record. */
export function callEvidence(
  { result }: Pick<Delivery, "result">,
  verificationId: string,
  sealing: Sealing,
): DeliveryEvidence {
  if (result === null) return {};
  const call = result as CallEvidence;
  const { outcome, alerted, postDialDelayMs, ringMs, talkMs, falseAnswer } = call;
  const { sipStatus, q850Cause, endedBy, source, invites, range, callerIds } = call;
  return {
    ...{ outcome, alerted, postDialDelayMs, ringMs, falseAnswer, sipStatus, q850Cause, endedBy, source },
    answered: outcome === "answered",
    ...(talkMs !== undefined && { talkMs }),
    ...(invites !== undefined && { invites }),
    ...(range !== undefined && { range }),
    // One whose key is gone is left out.
    callerIds: (callerIds ?? []).flatMap((sealed) => sealing.open(sealedFor(verificationId), sealed) ?? []),
  };
}

/** No caller ID can be moved into the place of an app's code, which is sealed for the id alone. */
function sealedFor(verificationId: string): string {
  return `${verificationId} caller-id`;
}

/** The effect of a finished missed call on its delivery: the event, and the reason that is shown with the state. */
export function deliveredOf({ outcome, alerted }: CallResult) {
  return { event: delivered(outcome, alerted) ? "delivered" : "undelivered", reason: outcome } as const;
}
