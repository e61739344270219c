/** Which outcomes count for the ratios of ITU-T E.411 and E.425. */
import type { Outcome } from "./outcome.ts";

/**
 * Outcomes in which the network did its part: answer, user busy, ring no answer and terminal rejection. Their share of all
 * call attempts is the network effectiveness ratio, NER (ITU-T E.425); that of `answered` alone the answer-seizure ratio,
 * ASR (ITU-T E.411).
 */
const networkEffective: ReadonlySet<string> = new Set<Outcome>(["rang", "answered", "busy", "declined"]);

/** @param outcome also one that a newer gateway stored */
export function reachedUser(outcome: string): boolean {
  return networkEffective.has(outcome);
}
