/** What the outcome of an INVITE (telephony/calls/outcome.ts) says of the callee. */
import type { AnswerKind } from "./ports.ts";

/**
 * The others say nothing of it: `changed` may be a number that was ported, and no other trunk is asked. A false answer is no sign
 * of life: trunks that make them answer for numbers that do not exist.
 */
const kinds: Readonly<Record<string, AnswerKind>> = {
  rang: "alive",
  declined: "alive",
  busy: "alive",
  unallocated: "unallocated",
  switched_off: "switched_off",
  barred: "barred",
};

/**
 * @param falseAnswer whether an answer came without ringing before; undefined: not known
 * @returns null: nothing
 */
export function answerKindOf(outcome: string, falseAnswer: boolean | undefined): AnswerKind | null {
  if (outcome !== "answered") return kinds[outcome] ?? null;
  return falseAnswer === undefined ? null : falseAnswer ? "answered_early" : "alive";
}
