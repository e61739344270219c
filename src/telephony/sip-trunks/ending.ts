/** The end of a SIP call as an event of the port of drivers. */

import type { CallEnding } from "../../sip/call/port.ts";
import type { Evidence } from "../../sip/evidence.ts";
import type { CallEvent, LastResponse } from "../call-control/port.ts";

type Ended = CallEvent & { readonly type: "ended" };

/** Enough for the text of a final of call analytics; see `LastResponse`. */
const maxPhrase = 64;

/** @param hungUp whether we asked for the end */
export function endedEvent(
  call: { readonly callId: string; readonly sipCallId: string; readonly hungUp: boolean },
  ending: CallEnding,
  atMs: number,
): Ended {
  const { status, q850Cause, evidence } = ending;
  return {
    type: "ended",
    callId: call.callId,
    atMs,
    q850Cause,
    sipStatus: status ?? assumedStatus(ending, call.hungUp),
    sipCallId: call.sipCallId,
    lastResponse: lastResponse(ending, evidence),
    evidence,
  };
}

/**
 * The status that stands for a missing final: RFC 3261 section 8.1.3.1 treats a transport error as a 503, a timeout as a 408. The
 * last response shows that the far end did not send it. After our own hang-up there is none: its end is ours.
 */
function assumedStatus({ missing }: CallEnding, hungUp: boolean): number | null {
  if (hungUp || missing === null) return null;
  return missing === "timeout" ? 408 : 503;
}

function lastResponse({ status, phrase }: CallEnding, evidence: Evidence): LastResponse {
  if (status !== null) return { status, phrase: phrase.slice(0, maxPhrase) };
  if (evidence.alertingAtMs !== null) return { status: 180, phrase: "" };
  if (evidence.progressAtMs !== null) return { status: 183, phrase: "" };
  return { status: evidence.respondedAtMs === null ? 0 : 100, phrase: "" };
}
