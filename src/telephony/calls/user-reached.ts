/** Which call attempts count for the network effectiveness ratio of ITU-T E.425. */
import type { Outcome } from "./outcome.ts";

/**
 * Outcomes in which the network did its part: answer, user busy, ring no answer and terminal rejection. Their share of all
 * call attempts is the network effectiveness ratio, NER (ITU-T E.425); that of `answered` alone the answer-seizure ratio,
 * ASR (ITU-T E.411).
 */
const networkEffective: ReadonlySet<string> = new Set<Outcome>(["rang", "answered", "busy", "declined"]);

/** Ended or lost on our side: only whether the phone rang says what the network did. */
const endedOnOurSide: ReadonlySet<string> = new Set<Outcome>(["canceled", "interrupted"]);

/**
 * Whether a call attempt reached the user. One that we canceled while the phone rang did: it is a ring no answer. One that
 * we canceled before stays a seizure without effect, as in E.425, whose denominator is all seizures.
 * @param outcome also one that a newer gateway stored
 * @param alerted whether the phone rang
 */
export function reachedUser(outcome: string, alerted: boolean): boolean {
  return networkEffective.has(outcome) || (alerted && endedOnOurSide.has(outcome));
}
