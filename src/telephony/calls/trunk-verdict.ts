/** Judges a trunk by the end of a call that it carried: the one table that the circuit breakers use. */
import { leastSilenceMs } from "../../sip/evidence.ts";
import type { EndedCall, TriedPath } from "../trunks/slots-port.ts";
import type { TrunkVerdict } from "../trunks/verdict.ts";
import type { Outcome } from "./outcome.ts";
import type { Call, CallAttempt, CallResult } from "./ports.ts";

/** Something behind the far end did not respond in time (RFC 3261 section 21.4.9): nobody says that the call got anywhere. */
const requestTimeout = 408;

/**
 * `good` requires that the call reached the callee's network. A refusal of this one call (403, 484, 608) may be the
 * carrier's or the network's: it counts neither against nor for the trunk. RFC 3261 section 21.5 lists the final
 * responses for server failures; carriers pass on those of the far network too, so a final response alone is never more
 * than `call_failed`.
 */
const verdicts: Readonly<Record<Outcome, TrunkVerdict>> = {
  rang: "good",
  answered: "good",
  busy: "good",
  declined: "good",
  no_answer_signal: "nothing",
  unallocated: "good",
  invalid_format: "nothing",
  changed: "good",
  switched_off: "good",
  barred: "nothing",
  caller_id_refused: "nothing",
  congestion: "call_failed",
  trunk_down: "trunk_failed",
  canceled: "nothing",
  interrupted: "nothing",
  unknown: "nothing",
};

/** What `verdictOf` reads of a `CallResult`. */
export type EndedOnTrunk = Pick<CallResult, "outcome" | "alerted" | "endedBy" | "silent" | "sipStatus">;

/** @param waitedMs how long the call waited for a response at most; left out: the whole set-up limit */
export function verdictOf(call: EndedOnTrunk, waitedMs: number = leastSilenceMs): TrunkVerdict {
  if (call.alerted) return "good";
  if (call.silent) return call.outcome === "canceled" || waitedMs < leastSilenceMs ? "nothing" : "trunk_failed";
  if (call.outcome === "no_answer_signal") {
    return call.endedBy === "far_end" && call.sipStatus !== requestTimeout ? "good" : "nothing";
  }
  const verdict = verdicts[call.outcome];
  // 401, 402 or 407 from the far end: the carrier responded, perhaps about this call alone.
  const carrierSpoke = call.endedBy === "far_end" && call.sipStatus !== null;
  return verdict === "trunk_failed" && carrierSpoke ? "call_failed" : verdict;
}

/**
 * The input of `DialerSlots.callEnded` for a call.
 * @param call one with `keep` was to be answered; none but missed calls has `calls.ring_ms`
 */
export function endedCall(result: CallResult, { keep, probe }: Pick<Call, "keep" | "probe"> = {}): EndedCall {
  const isMissedCall = keep === undefined && probe === undefined;
  return {
    // A live check waits no longer than its client does: what it did not wait for must not close the trunk to others.
    verdict: verdictOf(result, probe?.setupLimitMs),
    answered: result.outcome === "answered",
    falseAnswer: result.falseAnswer,
    wanted: keep !== undefined,
    rangMs: isMissedCall && result.outcome === "rang" && result.endedBy === "us" ? result.ringMs : null,
    retryAfterMs: result.sipStatus === 503 ? 1000 * (result.retryAfterSeconds ?? 0) : 0,
  };
}

/** The input of `ChannelSlots.reserveAnother` for an attempt of the same call. */
export function triedPath({ trunk, asterisk, outcome }: CallAttempt): TriedPath {
  return { trunk, asterisk, carrierSpoke: outcome !== "trunk_down" };
}
