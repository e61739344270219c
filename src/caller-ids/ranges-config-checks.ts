/** Ranges that are sound, do not overlap, and are large enough for what guessing is allowed. */

import { cryptoRandom } from "../shared/random.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import { codesOf, describeEntropy, guessProbability, smallestGroup, whatWouldHelp } from "./entropy.ts";
import { createCallerIdPool } from "./pool.ts";
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
  { reads: ["ranges"], problems: blocksHaveLengths },
  { reads: ["ranges"], problems: listsShareTheirPrefix },
  { reads: ["ranges"], problems: rangesDoNotOverlap },
  { reads: ["ranges"], problems: prefixesTellTheLength },
  { reads: ["ranges", "trunks", "verification"], problems: codesAreHardToGuess },
];

/** Most that E.164 allows (ITU-T E.164, 6.2.1), and the least that any phone shows as a whole number. */
const longestNumber = 15;
const shortestNumber = 8;

/** The ranges that can be reasoned about. */
function soundRanges({ ranges }: Sections, isSound: IsSound): [string, RangeConfig][] {
  return Object.entries(ranges).filter(([name]) => isSound(["ranges", name]));
}

function blocksHaveLengths(config: Sections, isSound: IsSound): Problem[] {
  return soundRanges(config, isSound).flatMap(([name, range]) => {
    if (!("prefix" in range)) return [];
    const length = range.prefix.length - 1 + range.digits;
    if (length >= shortestNumber && length <= longestNumber) return [];
    const expected = `prefix and digits of ${shortestNumber} to ${longestNumber} digits together`;
    return [{ path: ["ranges", name], given: `${length} digits`, expected }];
  });
}

function listsShareTheirPrefix(config: Sections, isSound: IsSound): Problem[] {
  return soundRanges(config, isSound).flatMap(([name, range]) => {
    if ("prefix" in range) return [];
    const prefix = prefixOf(range);
    return range.numbers.flatMap((number, index) => {
      if (number.slice(0, -range.digits) === prefix) return [];
      const expected = `a number that starts with ${prefix} and has ${range.digits} more digits, like the first of the list`;
      return [{ path: ["ranges", name, "numbers", index], given: number, expected }];
    });
  });
}

/** A stretch of numbers, seen as integers: E.164 has at most 15 digits and no leading zero, so each is one exact integer. */
interface Stretch {
  readonly range: string;
  readonly first: number;
  readonly last: number;
}

function rangesDoNotOverlap(config: Sections, isSound: IsSound): Problem[] {
  const stretches = soundRanges(config, isSound)
    .flatMap(([name, range]) => stretchesOf(name, range))
    .sort((a, b) => a.first - b.first);
  const told = new Set<string>();
  const problems: Problem[] = [];
  let widest: Stretch | undefined;
  for (const stretch of stretches) {
    if (widest && stretch.first <= widest.last && widest.range !== stretch.range) {
      const pair = `${widest.range} ${stretch.range}`;
      if (!told.has(pair)) {
        const expected = `ranges without common numbers: this one shares +${stretch.first} with ${widest.range}`;
        problems.push({ path: ["ranges", stretch.range], given: null, expected });
      }
      told.add(pair);
    }
    if (!widest || stretch.last > widest.last) widest = stretch;
  }
  return problems;
}

function stretchesOf(name: string, range: RangeConfig): Stretch[] {
  if (!("prefix" in range)) {
    return range.numbers.map((number) => ({ range: name, first: Number(number), last: Number(number) }));
  }
  const first = Number(range.prefix) * 10 ** range.digits;
  return [{ range: name, first, last: first + 10 ** range.digits - 1 }];
}

/** The app is told the prefix and the length of the code; a prefix with two lengths would make two groups look like one. */
function prefixesTellTheLength(config: Sections, isSound: IsSound): Problem[] {
  const seen = new Map<string, { name: string; digits: number }>();
  return soundRanges(config, isSound).flatMap(([name, range]) => {
    const prefix = prefixOf(range);
    const other = seen.get(prefix);
    if (!other) seen.set(prefix, { name, digits: range.digits });
    if (!other || other.digits === range.digits) return [];
    const expected = `${other.digits}: the range ${other.name} has the same prefix with that length`;
    return [{ path: ["ranges", name, "digits"], given: String(range.digits), expected }];
  });
}

/** Trunk by trunk, because a trunk may present only part of a prefix. */
function codesAreHardToGuess(config: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["verification"])) return [];
  const { wrong_checks_per_callee: wrongChecks, max_guess_probability: most, min_calls: calls } = config.verification;
  const ranges = Object.fromEntries(soundRanges(config, isSound));
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

function prefixOf(range: RangeConfig): string {
  return "prefix" in range ? range.prefix : (range.numbers[0] ?? "").slice(0, -range.digits);
}
