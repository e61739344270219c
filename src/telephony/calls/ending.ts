/** How a call attempt ended: who ended it, then the final response and the cause, give its outcome. */
import type { EndedBy, OriginateRefusal } from "../asterisk/call-control.ts";
import { causeOfStatus, type FarEnd, farEndByCause, farEndByStatus, otherFarEnd } from "./final-responses.ts";
import type { Outcome } from "./outcome.ts";

/** All that is known at the end of a call attempt. */
export interface Ending {
  /** Why the INVITE was not sent; null when Asterisk took the call. */
  readonly refusal: OriginateRefusal | null;
  /** The end was requested (by an app, or by our own shutdown) before it came. */
  readonly canceled: boolean;
  readonly answered: boolean;
  readonly alerted: boolean;
  /** `unknown`: no final response of the far end was seen. */
  readonly endedBy: EndedBy | "unknown";
  readonly sipStatus: number | null;
  /** As Asterisk reports it: mostly made from the status. */
  readonly q850Cause: number | null;
  /** The cause in the carrier's own Reason header, seen by the SIP capture. */
  readonly carrierCause: number | null;
  /** The 603 of call analytics (ATIS-1000099), which is not the callee's. */
  readonly networkBlocked: boolean;
}

const refusalOutcomes: Readonly<Record<OriginateRefusal, Outcome>> = {
  not_connected: "trunk_down",
  trunk_down: "trunk_down",
  refused: "trunk_down",
  // The call may be up all the same; what becomes of it cannot be known.
  no_response: "interrupted",
  // Our own ids are random: a clash is a fault of ours that says nothing about number or trunk.
  duplicate: "unknown",
};

/**
 * The carrier's own cause says more than the status, unless it only repeats it. Seen by the capture it is sure; without, it is
 * one that Asterisk did not make from the status (it passed on `Reason: Q.850;cause=N` before 22.9). Else the status is the
 * finer of the two; else the cause is all there is.
 */
function farEndRow({ sipStatus, q850Cause, carrierCause }: Ending): FarEnd {
  const cause = carrierCause ?? q850Cause;
  const byStatus = sipStatus === null ? undefined : farEndByStatus(sipStatus);
  const byCause = cause === null ? undefined : farEndByCause(cause);
  const derived = sipStatus === null ? undefined : causeOfStatus[sipStatus];
  const carriersOwn = cause !== derived && (carrierCause !== null || derived !== undefined);
  return (carriersOwn ? (byCause ?? byStatus) : (byStatus ?? byCause)) ?? otherFarEnd;
}

/** The outcome of a call attempt: who ended it comes first, because Asterisk makes up causes for our own hang-ups. */
export function outcomeOf(ending: Ending): Outcome {
  if (ending.answered) return "answered";
  if (ending.endedBy === "far_end") {
    if (ending.networkBlocked) return "caller_id_refused";
    const row = farEndRow(ending);
    return ending.alerted ? row.alerted : row.silent;
  }
  if (ending.canceled) return "canceled";
  if (ending.refusal !== null) return refusalOutcomes[ending.refusal];
  if (ending.endedBy === "unknown") return "interrupted";
  return ending.alerted ? "rang" : "no_answer_signal";
}
