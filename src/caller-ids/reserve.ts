/** How much of the ranges must be left for one callee, when part of them is out for everybody. */
import type { CallerIdPool } from "./types.ts";

/** The ranges that may be drawn from now, and how many of their caller IDs may rest for one callee beside. */
export interface Reserve {
  readonly ranges: readonly string[];
  readonly maxCoolingDown: number;
}

/** Caller IDs of one length that share a prefix: what an attacker, who is told the prefix, guesses among. */
export interface Group {
  readonly prefix: string;
  readonly ranges: readonly string[];
  readonly size: number;
  /** How many of them are over a cap or rest. */
  readonly out: number;
}

/** @param out how many caller IDs of a range are out */
export function groupsOf(
  pool: CallerIdPool,
  ranges: readonly string[],
  codeLength: number | null,
  out: (range: string) => number,
): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const range of ranges) {
    for (const [prefix, size] of pool.sizes([range], codeLength)) {
      const group = groups.get(prefix) ?? { prefix, ranges: [], size: 0, out: 0 };
      groups.set(prefix, {
        prefix,
        ranges: [...group.ranges, range],
        size: group.size + size,
        out: group.out + out(range),
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
 * Calls an hour that groups of caller IDs carry at the least: when as many as may be unavailable are at their hourly cap.
 * @param sizes of the groups (`CallerIdPool.sizes`)
 */
export function callsPerHourAtLeast(sizes: Iterable<number>, attemptsPerHour: number): number {
  return [...sizes].reduce((sum, size) => sum + maxUnavailable(size), 0) * attemptsPerHour;
}

/**
 * Somebody who saw the callee's earlier calls can rule those caller IDs out, and, at worst, knows which are out for
 * everybody (blocklists can be asked). So of each group at least half must be neither: that bounds the odds of a guess
 * to twice the configured ones (ADR 5 and 20). A group of which more than half is out is not drawn from at all.
 * @returns null where that leaves nothing
 */
export function reserveOf(groups: readonly Group[]): Reserve | null {
  const usable = groups.filter(({ size, out }) => out <= maxUnavailable(size));
  if (usable.length === 0) return null;
  const least = Math.min(...usable.map(({ size, out }) => maxUnavailable(size) - out));
  return { ranges: usable.flatMap(({ ranges }) => ranges), maxCoolingDown: Math.max(0, least) };
}
