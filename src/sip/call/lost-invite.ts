/** An INVITE whose flow broke may ring a phone: it is canceled over other flows to the same target, as a best effort. */
import type { SipResponseMessage } from "../message.ts";
import type { ClientUser, SentInvite } from "../transaction/port.ts";
import { FlowError, type Target } from "../transport/port.ts";
import type { CallerParts } from "./caller-parts.ts";

/**
 * Pauses between attempts, 30 s in all. A carrier's edge that restarts is back within seconds, and a connection that was refused
 * meanwhile is tried again after up to 5 s only: an attempt that falls into that pause fails unsent.
 */
const pausesMs: readonly number[] = [500, 2000, 4000, 8000, 15_000];

/**
 * Sends CANCEL with the branch of the INVITE, from the same Via: by these the far end finds it (RFC 3261 section 9.2).
 * @param onAnswer a 2xx came over the new flow: it needs ACK and BYE
 */
export async function cancelLostInvite(
  parts: CallerParts,
  sent: SentInvite,
  target: Target,
  onAnswer: (response: SipResponseMessage, flow: Parameters<CallerParts["transactions"]["takeOver"]>[1]) => void,
  attempt = 0,
): Promise<void> {
  const again = () => {
    const pauseMs = pausesMs[attempt];
    if (pauseMs === undefined) return;
    parts.clock.after(pauseMs, () => void cancelLostInvite(parts, sent, target, onAnswer, attempt + 1));
  };
  try {
    const flow = parts.transports.flowTo(target) ?? (await parts.transports.connect(target));
    const user: ClientUser = {
      response(response) {
        if (response.status >= 200 && response.status <= 299) onAnswer(response, flow);
      },
      repeatedAnswer: (response) => onAnswer(response, flow),
      failed(why) {
        if (why === "transport") again();
      },
    };
    parts.transactions.takeOver(sent, flow, user).cancel();
  } catch (error) {
    if (!(error instanceof FlowError)) parts.onError(error);
    else if (error.why !== "stopped") again();
  }
}
