/** Ranges of valid numbers that do not overlap and are large enough against guessing. */

import { maxE164Digits } from "../numbers/e164.ts";
import { cryptoRandom } from "../shared/random.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import { codesOf, describeEntropy, guessProbability, smallestGroup, whatWouldHelp } from "./entropy.ts";
import { createCallerIdPool } from "./pool.ts";
import { type Range, rangeOf } from "./range.ts";
import type { RangeConfig } from "./ranges-config.ts";

/** The caller IDs, and the keys of other sections that decide how hard their codes are to guess. */
interface Sections {
  readonly ranges: Readonly<Record<string, RangeConfig>>;
  readonly trunks: Readonly<Record<string, { readonly ranges: readonly string[] }>>;
  readonly verification: {
    readonly wrong_checks_per_callee: number;
    readonly max_guess_probability: number;
    readonly min_calls: number;
  };
}

export const callerIdChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["ranges"], problems: callerIdsHaveLengths },
  { reads: ["ranges"], problems: listsShareTheirPrefix },
  { reads: ["ranges"], problems: rangesDoNotOverlap },
  { reads: ["ranges"], problems: prefixesTellTheLength },
  { reads: ["ranges", "trunks", "verification"], problems: codesAreHardToGuess },
];

/** Phones show shorter numbers as short codes, or not at all. */
const minCallerIdDigits = 8;

/** The ranges without problems of their own. */
function soundRanges({ ranges }: Sections, isSound: IsSound): [string, Range][] {
  return Object.entries(ranges).flatMap(([name, range]) => (isSound(["ranges", name]) ? [[name, rangeOf(range)]] : []));
}

function callerIdsHaveLengths(config: Sections, isSound: IsSound): Problem[] {
  const lengths = `${minCallerIdDigits} to ${maxE164Digits} digits`;
  return soundRanges(config, isSound).flatMap(([name, { list, example }]) => {
    const digitsOf = (number: string) => number.length - 1;
    const fits = (number: string) => digitsOf(number) >= minCallerIdDigits && digitsOf(number) <= maxE164Digits;
    if (list === null) {
      if (fits(example)) return [];
      const expected = `prefix and digits of ${lengths} together`;
      return [{ path: ["ranges", name], given: `${digitsOf(example)} digits`, expected }];
    }
    return list.flatMap((number, index) => {
      const path = ["ranges", name, "numbers", index];
      return fits(number) ? [] : [{ path, given: number, expected: `a number of ${lengths}` }];
    });
  });
}

function listsShareTheirPrefix(config: Sections, isSound: IsSound): Problem[] {
  return soundRanges(config, isSound).flatMap(([name, { list, prefix, digits }]) => {
    return (list ?? []).flatMap((number, index) => {
      if (number.slice(0, -digits) === prefix) return [];
      const expected = `a number that starts with ${prefix} and has ${digits} more digits, like the first of the list`;
      return [{ path: ["ranges", name, "numbers", index], given: number, expected }];
    });
  });
}

/** An interval of numbers, as integers: E.164 has at most 15 digits and no leading zero, so each is one exact integer. */
interface Stretch {
  readonly range: string;
  readonly first: number;
  readonly last: number;
}

function rangesDoNotOverlap(config: Sections, isSound: IsSound): Problem[] {
  const stretches = soundRanges(config, isSound)
    .flatMap(([name, range]) => stretchesOf(name, range))
    .sort((a, b) => a.first - b.first);
  const reported = new Set<string>();
  const problems: Problem[] = [];
  let widest: Stretch | undefined;
  for (const stretch of stretches) {
    if (widest && stretch.first <= widest.last && widest.range !== stretch.range) {
      const pair = `${widest.range} ${stretch.range}`;
      if (!reported.has(pair)) {
        const expected = `ranges without common numbers: this one shares +${stretch.first} with ${widest.range}`;
        problems.push({ path: ["ranges", stretch.range], given: null, expected });
      }
      reported.add(pair);
    }
    if (!widest || stretch.last > widest.last) widest = stretch;
  }
  return problems;
}

function stretchesOf(name: string, { list, example, size }: Range): Stretch[] {
  const first = Number(example);
  if (list === null) return [{ range: name, first, last: first + size - 1 }];
  return list.map((number) => ({ range: name, first: Number(number), last: Number(number) }));
}

/** The app gets the prefix and the length of the code; with two lengths for one prefix two groups would look like one. */
function prefixesTellTheLength(config: Sections, isSound: IsSound): Problem[] {
  const seen = new Map<string, { name: string; digits: number }>();
  return soundRanges(config, isSound).flatMap(([name, { prefix, digits }]) => {
    const other = seen.get(prefix);
    if (!other) seen.set(prefix, { name, digits });
    if (!other || other.digits === digits) return [];
    const expected = `${other.digits}: the range ${other.name} has the same prefix with that length`;
    return [{ path: ["ranges", name, "digits"], given: String(digits), expected }];
  });
}

/** Trunk by trunk, because a trunk may present only part of a prefix. */
function codesAreHardToGuess(config: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["verification"])) return [];
  const { wrong_checks_per_callee: wrongChecks, max_guess_probability: most, min_calls: calls } = config.verification;
  const sound = Object.entries(config.ranges).filter(([name]) => isSound(["ranges", name]));
  const ranges = Object.fromEntries(sound);
  const pool = createCallerIdPool(ranges, cryptoRandom);
  return Object.entries(config.trunks).flatMap(([name, trunk]) => {
    const path = ["trunks", name, "ranges"];
    if (!isSound(path) || !trunk.ranges.every((range) => Object.hasOwn(ranges, range))) return [];
    const group = smallestGroup(pool.sizes(trunk.ranges, null));
    if (group === null || guessProbability(wrongChecks, codesOf(group.size, calls)) <= most) return [];
    const expected = `at most max_guess_probability (${most}); ${whatWouldHelp(group, wrongChecks, most, calls)}`;
    return [{ path, given: describeEntropy(group, wrongChecks, calls), expected }];
  });
}
