/** The order in which targets are tried: priorities, and weights drawn at random (RFC 2782). */
import type { Random } from "../../shared/random.ts";

/** One SRV record. */
export interface Weighted<T> {
  /** 0 to 65,535. */
  readonly weight: number;
  /** The addresses of its name: lists of equal ones, the preferred family first. */
  readonly targets: readonly (readonly T[])[];
}

/** Records of one priority. */
export type Group<T> = readonly Weighted<T>[];

/** @param groups by priority, the first one first @returns at most `most` */
export function draw<T>(groups: readonly Group<T>[], most: number, random: Pick<Random, "below">): T[] {
  const drawn: T[] = [];
  for (const group of groups) {
    const [only] = group;
    if (group.length === 1 && only !== undefined) addTargets(drawn, only.targets, random);
    else drawGroup(drawn, group, most, random);
    if (drawn.length >= most) return drawn.slice(0, most);
  }
  return drawn;
}

/**
 * RFC 2782, "Weight": those of weight 0 first, a number from 0 to the sum, the first record whose running sum reaches it; again
 * for the rest. So one of weight 0 is drawn rarely, but not never.
 */
function drawGroup<T>(drawn: T[], group: Group<T>, most: number, random: Pick<Random, "below">): void {
  const left = [...group].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
  let sum = left.reduce((total, { weight }) => total + weight, 0);
  while (left.length > 0 && drawn.length < most) {
    const wanted = random.below(sum + 1);
    let running = 0;
    const at = left.findIndex(({ weight }) => {
      running += weight;
      return running >= wanted;
    });
    const [taken] = left.splice(at, 1);
    if (taken === undefined) return;
    sum -= taken.weight;
    addTargets(drawn, taken.targets, random);
  }
}

/** Addresses of one name and family are equal (RFC 3263 section 4.2): the first is drawn, the others follow in their order. */
function addTargets<T>(drawn: T[], lists: Weighted<T>["targets"], random: Pick<Random, "below">): void {
  for (const targets of lists) {
    const first = targets.length > 1 ? random.below(targets.length) : 0;
    for (let at = 0; at < targets.length; at++) drawn.push(targets[(first + at) % targets.length] as T);
  }
}
