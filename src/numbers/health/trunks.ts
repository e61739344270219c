/** Whether what a trunk says of callees is believed: by what it said of all the others. */
import type { NumberHealthConfig } from "./config.ts";
import type { AnswerKind, TrunkCounts } from "./ports.ts";

export const noCounts: TrunkCounts = { answers: 0, unallocated: 0, barred: 0, early: 0, wrong: 0 };

/** Too few to say that a trunk is wrong as a rule. */
const leastWrong = 3;
/** Of its `unallocated` answers. */
const mostWrong = 0.2;

export type Credit =
  /** Reached enough others in this range: its own second answer counts. */
  | "proven"
  /** Counts beside another trunk's. */
  | "unproven"
  /** Says the same of nearly all, or was wrong: counts for nothing. */
  | "disbelieved";

/** @param ofTrunk all its answers @param inRange those in the callee's range */
export function creditOf(
  kind: AnswerKind,
  ofTrunk: TrunkCounts,
  inRange: TrunkCounts,
  { suspect_after: least, proven_by: proven }: NumberHealthConfig,
): Credit {
  const same = (counts: TrunkCounts) =>
    kind === "unallocated"
      ? counts.unallocated
      : kind === "barred"
        ? counts.barred
        : kind === "answered_early"
          ? counts.early
          : 0;
  if (ofTrunk.answers >= least && same(ofTrunk) * 2 > ofTrunk.answers) return "disbelieved";
  const { wrong, unallocated } = ofTrunk;
  if (kind === "unallocated" && wrong >= leastWrong && wrong > unallocated * mostWrong) return "disbelieved";
  const others = inRange.answers - same(inRange);
  return others >= proven && same(inRange) * 2 <= inRange.answers ? "proven" : "unproven";
}

export function addCounts(one: TrunkCounts, other: TrunkCounts): TrunkCounts {
  return {
    answers: one.answers + other.answers,
    unallocated: one.unallocated + other.unallocated,
    barred: one.barred + other.barred,
    early: one.early + other.early,
    wrong: one.wrong + other.wrong,
  };
}
