/** Derives a call attempt's outcome: from who ended it, then from the final response and the cause. */
import type { EndedBy, OriginateRefusal } from "../call-control/port.ts";
import { causeOfStatus, type FarEnd, farEndByCause, farEndByStatus, otherFarEnd } from "./final-responses.ts";
import type { Outcome } from "./outcome.ts";

/** All that is known at the end of a call attempt. */
export interface Ending {
  /** Why the INVITE was not sent; null when Asterisk accepted the call. */
  readonly refusal: OriginateRefusal | null;
  /** The end was requested (by an app, or by our own shutdown) before it came. */
  readonly canceled: boolean;
  readonly answered: boolean;
  readonly alerted: boolean;
  /** `unknown`: no final response of the far end was seen. */
  readonly endedBy: EndedBy | "unknown";
  readonly sipStatus: number | null;
  /** As Asterisk reports it: usually derived from the status. */
  readonly q850Cause: number | null;
  /** The cause in the carrier's own Reason header, seen by the SIP capture. */
  readonly carrierCause: number | null;
  /** The 603 of call analytics (ATIS-1000099), which the callee did not send. */
  readonly networkBlocked: boolean;
}

const refusalOutcomes: Readonly<Record<OriginateRefusal, Outcome>> = {
  not_connected: "trunk_down",
  trunk_down: "trunk_down",
  refused: "trunk_down",
  // The call may be up nevertheless; its outcome cannot be known.
  no_response: "interrupted",
  // Our own ids are random: a collision is an internal error, unrelated to number or trunk.
  duplicate: "unknown",
};

/**
 * The carrier's own cause is more specific than the status, unless it only repeats it. It is certain where the capture saw it;
 * without a capture it is a cause that Asterisk did not derive from the status (it passed on `Reason: Q.850;cause=N` before 22.9). Otherwise the status is
 * more specific; without a status only the cause is known.
 */
function farEndRow({ sipStatus, q850Cause, carrierCause }: Ending): FarEnd {
  const cause = carrierCause ?? q850Cause;
  const byStatus = sipStatus === null ? undefined : farEndByStatus(sipStatus);
  const byCause = cause === null ? undefined : farEndByCause(cause);
  const derived = sipStatus === null ? undefined : causeOfStatus[sipStatus];
  const carriersOwn = cause !== derived && (carrierCause !== null || derived !== undefined);
  return (carriersOwn ? (byCause ?? byStatus) : (byStatus ?? byCause)) ?? otherFarEnd;
}

/** The outcome of a call attempt: who ended it comes first, because Asterisk generates causes for our own hang-ups. */
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
