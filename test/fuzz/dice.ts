/** Choices of a fuzz run that can be made again: each request has dice of its own, by the run's seed and its number. */
import { createDice } from "../chaos/dice.ts";

export interface Chance {
  /** 0 ≤ n < `limit` */
  below(limit: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** @throws {Error} where the list is empty */
  pick<T>(list: readonly T[]): T;
}

/** @param seed of the run @param request which one of it */
export function chanceOf(seed: number, request: number): Chance {
  const dice = createDice((Math.imul(seed, 0x9e3779b1) ^ Math.imul(request + 1, 0x85ebca6b)) >>> 0);
  const below = (limit: number) => dice.between(0, limit - 1);
  return {
    below,
    chance: (probability) => below(1_000_000) < probability * 1_000_000,
    pick(list) {
      if (list.length === 0) throw new Error("there is nothing to choose from");
      return list[below(list.length)] as (typeof list)[number];
    },
  };
}
