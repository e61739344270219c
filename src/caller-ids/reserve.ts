/** How much of the ranges must stay available for one callee while part of them is unavailable for all. */
import type { CallerIdPool } from "./types.ts";

/** The ranges that may be drawn from now, and how many of their other caller IDs may be in cool-down for one callee. */
export interface Reserve {
  readonly ranges: readonly string[];
  readonly maxCoolingDown: number;
}

/** Caller IDs of one length that share a prefix: the set in which an attacker who knows the prefix guesses. */
export interface Group {
  readonly prefix: string;
  readonly ranges: readonly string[];
  readonly size: number;
  /** How many of them are over a cap or in cool-down. */
  readonly unavailable: number;
}

/** @param unavailable how many caller IDs of a range are unavailable */
export function groupsOf(
  pool: CallerIdPool,
  ranges: readonly string[],
  codeLength: number | null,
  unavailable: (range: string) => number,
): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const range of ranges) {
    for (const [prefix, size] of pool.sizes([range], codeLength)) {
      const group = groups.get(prefix) ?? { prefix, ranges: [], size: 0, unavailable: 0 };
      groups.set(prefix, {
        prefix,
        ranges: [...group.ranges, range],
        size: group.size + size,
        unavailable: group.unavailable + unavailable(range),
      });
    }
  }
  return [...groups.values()];
}

/** How many caller IDs of a group may be unavailable (over a cap or in cool-down) before it is not drawn from any more: half. */
export function maxUnavailable(size: number): number {
  return Math.floor(size / 2);
}

/**
 * The least number of calls per hour that groups of caller IDs carry: when as many as may be unavailable are at their cap.
 * @param sizes of the groups (`CallerIdPool.sizes`)
 */
export function callsPerHourAtLeast(sizes: Iterable<number>, attemptsPerHour: number): number {
  return [...sizes].reduce((sum, size) => sum + maxUnavailable(size), 0) * attemptsPerHour;
}

/**
 * An attacker who saw the callee's earlier calls can exclude those caller IDs and, at worst, knows which are unavailable
 * for all (blocklists can be queried). So at least half of each group must be neither: that bounds the odds of a guess to
 * twice the configured ones (ADR 5 and 20). A group of which more than half is unavailable is not drawn from at all.
 * @returns null where no group is left
 */
export function reserveOf(groups: readonly Group[]): Reserve | null {
  const usable = groups.filter(({ size, unavailable }) => unavailable <= maxUnavailable(size));
  if (usable.length === 0) return null;
  const least = Math.min(...usable.map(({ size, unavailable }) => maxUnavailable(size) - unavailable));
  return { ranges: usable.flatMap(({ ranges }) => ranges), maxCoolingDown: Math.max(0, least) };
}
