/** This commit's gateway against another commit's, figure by figure. */
import { median } from "./alternate.ts";

export interface Comparison {
  /** Its name, with the unit. */
  readonly figure: string;
  /** Medians over the rounds that have a figure of both. */
  readonly ours: number;
  readonly other: number;
  /** ours ÷ other, of the medians; not finite where the other's is 0. */
  readonly ratio: number;
  /** Least and greatest ratio of one round. */
  readonly ratioLow: number;
  readonly ratioHigh: number;
}

/**
 * @param ours one figure a round; null where a round has none (a rate that did not hold)
 * @param other of the same rounds
 * @returns null where no round has both
 */
export function compare(
  figure: string,
  ours: readonly (number | null)[],
  other: readonly (number | null)[],
): Comparison | null {
  const pairs = ours.flatMap((mine, round) => {
    const its = other[round] ?? null;
    return mine === null || its === null ? [] : [{ mine, its }];
  });
  if (pairs.length === 0) return null;
  const ratios = pairs.map(({ mine, its }) => mine / its);
  const medians = { ours: median(pairs.map(({ mine }) => mine)), other: median(pairs.map(({ its }) => its)) };
  return {
    figure,
    ...medians,
    ratio: medians.ours / medians.other,
    ratioLow: Math.min(...ratios),
    ratioHigh: Math.max(...ratios),
  };
}

export const isComparison = (one: Comparison | null): one is Comparison => one !== null;
