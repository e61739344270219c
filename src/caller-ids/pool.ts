/** Draws caller IDs out of the configured ranges. Nothing is listed in memory: a range may hold 10^8 numbers. */

import type { Random } from "../shared/random.ts";
import { type Range, rangeOf } from "./range.ts";
import type { RangeConfig } from "./ranges-config.ts";
import type { CallerId, CallerIdPool } from "./types.ts";

/** More than any callee can be shown during its caller IDs' cool-down; a draw needs memory for each one. */
const mostPerDraw = 100_000;

/** A range and its name. */
interface NamedRange extends Range {
  readonly name: string;
}

/**
 * The pool of all configured ranges.
 * @param ranges by name, already validated: they do not overlap, and one prefix goes with one code length
 * @param random decides who gets which caller ID: in production the cryptographic generator
 */
export function createCallerIdPool(ranges: Readonly<Record<string, RangeConfig>>, random: Random): CallerIdPool {
  const byName = new Map(Object.entries(ranges).map(([name, range]) => [name, { name, ...rangeOf(range) }]));

  /** @throws {RangeError} for a name that is not configured: a mistake in the program, not in a request */
  const selected = (names: readonly string[], codeLength: number | null): readonly NamedRange[] =>
    [...new Set(names)]
      .map((name) => {
        const range = byName.get(name);
        if (!range) throw new RangeError(`no range is called ${name}`);
        return range;
      })
      .filter((range) => codeLength === null || range.digits === codeLength);

  return {
    draw(names, codeLength, count) {
      if (!Number.isInteger(count) || count < 0 || count > mostPerDraw) {
        throw new RangeError(`a draw takes 0 to ${mostPerDraw} caller IDs, not ${count}`);
      }
      const from = selected(names, codeLength);
      const total = sizeOf(from);
      return sample(total, Math.min(count, total), random).map((index) => memberOf(from, index));
    },
    drawPairs(names, codeLength, count) {
      if (!Number.isInteger(count) || count < 0 || count > mostPerDraw) {
        throw new RangeError(`a draw takes 0 to ${mostPerDraw} pairs, not ${count}`);
      }
      const all = selected(names, codeLength);
      return Array.from({ length: count }, () => drawPair(all, random));
    },
    drawEnding(names, ending, count) {
      const groups = selected(names, null).flatMap((range) => endingIn(range, ending));
      const total = groups.reduce((sum, { size }) => sum + size, 0);
      return sample(total, Math.min(count, mostPerDraw, total), random).map((index) => {
        let rest = index;
        for (const { size, at } of groups) {
          if (rest < size) return at(rest);
          rest -= size;
        }
        throw new RangeError("no such caller ID");
      });
    },
    lengths: (names) => [...new Set(selected(names, null).map(({ digits }) => digits))].sort((a, b) => a - b),
    sizes(names, codeLength) {
      const sizes = new Map<string, number>();
      for (const { prefix, size } of selected(names, codeLength)) sizes.set(prefix, (sizes.get(prefix) ?? 0) + size);
      return sizes;
    },
  };
}

function memberOf(ranges: readonly NamedRange[], index: number): CallerId {
  let rest = index;
  for (const range of ranges) {
    const { name, prefix, size } = range;
    if (rest < size) {
      const number = range.numberAt(rest);
      return { number, range: name, prefix, code: number.slice(prefix.length) };
    }
    rest -= size;
  }
  throw new RangeError("no such caller ID");
}

/** The caller IDs of a range that end with these digits. */
function endingIn(range: NamedRange, ending: string): { size: number; at: (index: number) => CallerId }[] {
  const { name, prefix, digits, list } = range;
  if (ending.length > digits) return [];
  const callerId = (number: string) => ({ number, range: name, prefix, code: number.slice(prefix.length) });
  if (list !== null) {
    const found = list.filter((number) => number.endsWith(ending));
    return [{ size: found.length, at: (index) => callerId(found[index] ?? "") }];
  }
  const free = digits - ending.length;
  const at = (index: number) => callerId(prefix + (free === 0 ? "" : String(index).padStart(free, "0")) + ending);
  return [{ size: 10 ** free, at }];
}

/**
 * `count` distinct numbers below `total` in uniformly random order: the first steps of a Fisher–Yates shuffle (Knuth,
 * TAOCP vol. 2, 3.4.2, algorithm P) over an array that is imagined, not stored: only the places that were swapped
 * are kept. Time and memory grow with `count` alone.
 */
function sample(total: number, count: number, random: Random): readonly number[] {
  const swapped = new Map<number, number>();
  const drawn: number[] = [];
  for (let place = 0; place < count; place++) {
    const other = place + random.below(total - place);
    drawn.push(swapped.get(other) ?? other);
    swapped.set(other, swapped.get(place) ?? place);
  }
  return drawn;
}

function drawPair(ranges: readonly NamedRange[], random: Random): readonly CallerId[] {
  const first = memberOf(ranges, random.below(sizeOf(ranges)));
  const group = ranges.filter(({ prefix }) => prefix === first.prefix);
  // All but the first: the last of the group is used in its place.
  const drawn = memberOf(group, random.below(sizeOf(group) - 1));
  return [first, drawn.number === first.number ? memberOf(group, sizeOf(group) - 1) : drawn];
}

function sizeOf(ranges: readonly NamedRange[]): number {
  return ranges.reduce((sum, { size }) => sum + size, 0);
}
