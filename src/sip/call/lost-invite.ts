/** An INVITE whose flow broke may ring a phone: it is canceled over other flows to the same target, as a best effort. */
import type { SipResponseMessage } from "../message.ts";
import type { ClientUser, SentInvite } from "../transaction/port.ts";
import { type Flow, FlowError, type Target } from "../transport/port.ts";
import type { CallerParts } from "./caller-parts.ts";

/**
 * Pauses between attempts, 30 s in all. A carrier's edge that restarts is back within seconds, and a connection that was refused
 * meanwhile is tried again after up to 5 s only: an attempt that falls into that pause fails unsent.
 */
const pausesMs: readonly number[] = [500, 2000, 4000, 8000, 15_000];

export interface CancelParts
  extends Pick<CallerParts, "transports" | "clock" | "monotonicMs" | "endWaitMs" | "onError"> {
  readonly transactions: Pick<CallerParts["transactions"], "takeOver">;
}

export interface LostInvite {
  readonly sent: SentInvite;
  readonly target: Target;
  /** A 2xx came over this flow: it needs ACK and BYE. */
  readonly onAnswer: (response: SipResponseMessage, flow: Flow) => void;
}

/**
 * Sends CANCEL with the branch of the INVITE, from the same Via: by these the far end finds it (RFC 3261 section 9.2). Where the
 * flow that took it breaks, or says nothing at all, it is sent again over another one.
 * @returns whether a flow took it. Where none did it is not tried again. `stopped`: there will be none
 */
export async function sendCancel(parts: CancelParts, lost: LostInvite): Promise<boolean | "stopped"> {
  return tryOnce(parts, lost, () => tryLater(parts, lost, 0));
}

/** The same, and where no flow takes it later again. */
export async function cancelLostInvite(parts: CancelParts, lost: LostInvite): Promise<void> {
  if ((await sendCancel(parts, lost)) === false) tryLater(parts, lost, 0);
}

function tryLater(parts: CancelParts, lost: LostInvite, attempt: number): void {
  const pauseMs = pausesMs[attempt];
  if (pauseMs === undefined) return;
  const again = () => tryLater(parts, lost, attempt + 1);
  parts.clock.after(pauseMs, () => {
    void tryOnce(parts, lost, again).then((taken) => {
      if (taken === false) again();
    });
  });
}

/** @param onBroken the flow that took it broke before the INVITE's final response */
async function tryOnce(
  { transports, transactions, clock, monotonicMs, endWaitMs, onError }: CancelParts,
  { sent, target, onAnswer }: LostInvite,
  onBroken: () => void,
): Promise<boolean | "stopped"> {
  try {
    const flow = transports.flowTo(target) ?? (await transports.connect(target));
    const sentAtMs = monotonicMs();
    const stopTimer = clock.after(endWaitMs, () => void flow.closeIfSilentSince?.(sentAtMs));
    const user: ClientUser = {
      response(response) {
        if (response.status >= 200) stopTimer();
        if (response.status >= 200 && response.status <= 299) onAnswer(response, flow);
      },
      repeatedAnswer: (response) => onAnswer(response, flow),
      failed(why, neverSent) {
        stopTimer();
        if (why === "transport" && !neverSent) onBroken();
      },
    };
    const transaction = transactions.takeOver(sent, flow, user);
    transaction.cancel();
    if (transaction.ended) stopTimer();
    return !transaction.ended;
  } catch (error) {
    if (!(error instanceof FlowError)) onError(error);
    return error instanceof FlowError && error.why === "stopped" ? "stopped" : false;
  }
}
