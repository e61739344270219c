/**
 * Reads the result of a call that only asked for the phone: state, reason and evidence. What outcomes say of a number:
 * numbers/health.
 */
import { answerKindOf } from "../../numbers/health/answers.ts";
import type { LiveEvidence, LiveReading, LiveReason, LiveState } from "../../numbers/live-check/types.ts";
import type { Outcome } from "../calls/outcome.ts";
import type { CallResult } from "../calls/ports.ts";

/** Why a call with this outcome says nothing of the phone. */
const reasons: Readonly<Partial<Record<Outcome, LiveReason>>> = {
  // Voicemail or call screening answered, or the network claims so.
  answered: "ambiguous",
  invalid_format: "not_carried",
  barred: "not_carried",
  caller_id_refused: "not_carried",
  congestion: "not_carried",
  trunk_down: "not_carried",
  unknown: "not_carried",
  canceled: "interrupted",
  interrupted: "interrupted",
};

/** @param endsOn183 trunks whose 183 proves that the phone was found */
export function readingOf(result: CallResult, endsOn183: readonly string[]): LiveReading {
  const { outcome, falseAnswer } = result;
  const evidence = evidenceOf(result);
  if (wasFound(result, endsOn183)) return { state: "reachable", reason: null, evidence };
  const state = stateOf(outcome, falseAnswer);
  return { state, reason: state === "unknown" ? reasonOf(result) : null, evidence };
}

/** A busy phone is switched on; 408 and 480 come for phones that are out of reach, not found, or not answered. */
function stateOf(outcome: Outcome, falseAnswer: boolean): LiveState {
  const kind = answerKindOf(outcome, falseAnswer);
  if (kind === "alive") return "reachable";
  return kind === "unallocated" || kind === "switched_off" ? kind : "unknown";
}

/** The trunk's 183 ended the call, and that trunk sends one only when the phone was found. */
function wasFound({ outcome, endedBy, progress, attempts }: CallResult, endsOn183: readonly string[]): boolean {
  const trunk = attempts.at(-1)?.trunk ?? "";
  return outcome === "no_answer_signal" && endedBy === "us" && progress && endsOn183.includes(trunk);
}

function reasonOf({ outcome, endedBy }: CallResult): LiveReason {
  // 408 or 480 from the far end has many meanings; our own limit has one.
  if (outcome === "no_answer_signal") return endedBy === "us" ? "no_signal" : "ambiguous";
  return reasons[outcome] ?? "ambiguous";
}

function evidenceOf(result: CallResult): LiveEvidence {
  const { outcome, alerted, progress, falseAnswer, sipStatus, q850Cause, postDialDelayMs, source, attempts } = result;
  return {
    ...{ outcome, sipStatus, q850: q850Cause, alerted, progress, falseAnswer, postDialDelayMs, source },
    trunks: trunksThat(result, () => true),
    // Another Asterisk of the same trunk asks the same carrier.
    confirmed: attempts.length > 1 && trunksThat(result, (own) => own === outcome) > 1,
  };
}

function trunksThat({ attempts }: CallResult, said: (outcome: Outcome) => boolean): number {
  return new Set(attempts.filter((attempt) => said(attempt.outcome)).map(({ trunk }) => trunk)).size;
}

/** How a call to a test number would have been read, of which none is placed. */
export function testReading(final: Pick<CallResult, "outcome" | "alerted" | "sipStatus" | "q850Cause">): LiveReading {
  const { outcome, alerted, sipStatus, q850Cause: q850 } = final;
  const state = stateOf(outcome, false);
  const evidence: LiveEvidence = {
    ...{ outcome, sipStatus, q850, alerted, progress: false, falseAnswer: false },
    ...{ postDialDelayMs: null, trunks: 0, confirmed: false, source: "test" },
  };
  // 408 or 480 is how networks report a phone that was not answered.
  return { state, reason: state === "unknown" ? "no_signal" : null, evidence };
}
