/** Draws caller IDs out of the configured ranges. Nothing is listed in memory: a range may hold 10^8 numbers. */

import type { Random } from "../shared/random.ts";
import type { RangeConfig } from "./ranges-config.ts";
import type { CallerId, CallerIdPool } from "./types.ts";

/** More than any callee can be shown while its caller IDs rest; a draw needs memory for each one. */
const mostPerDraw = 100_000;

/** A range as the pool sees it: numbered members that share a prefix. */
interface Range {
  readonly prefix: string;
  readonly codeLength: number;
  readonly size: number;
  member(index: number): CallerId;
}

/**
 * The pool of all configured ranges.
 * @param ranges by name, already validated: they do not overlap, and one prefix goes with one code length
 * @param random decides who gets which caller ID: in production the cryptographic generator
 */
export function createCallerIdPool(ranges: Readonly<Record<string, RangeConfig>>, random: Random): CallerIdPool {
  const byName = new Map(Object.entries(ranges).map(([name, range]) => [name, toRange(name, range)]));

  /** @throws {RangeError} for a name that is not configured: a mistake in the program, not in a request */
  const selected = (names: readonly string[], codeLength: number | null): readonly Range[] =>
    [...new Set(names)]
      .map((name) => {
        const range = byName.get(name);
        if (!range) throw new RangeError(`no range is called ${name}`);
        return range;
      })
      .filter((range) => codeLength === null || range.codeLength === codeLength);

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
    sizes(names, codeLength) {
      const sizes = new Map<string, number>();
      for (const { prefix, size } of selected(names, codeLength)) sizes.set(prefix, (sizes.get(prefix) ?? 0) + size);
      return sizes;
    },
  };
}

function toRange(name: string, range: RangeConfig): Range {
  const codeLength = range.digits;
  if ("prefix" in range) {
    const { prefix } = range;
    return {
      prefix,
      codeLength,
      size: 10 ** codeLength,
      member: (index) => {
        const code = String(index).padStart(codeLength, "0");
        return { number: prefix + code, range: name, prefix, code };
      },
    };
  }
  const { numbers } = range;
  const prefix = (numbers[0] ?? "").slice(0, -codeLength);
  return {
    prefix,
    codeLength,
    size: numbers.length,
    member: (index) => {
      const number = numbers[index];
      if (number === undefined) throw new RangeError("no such caller ID");
      return { number, range: name, prefix, code: number.slice(-codeLength) };
    },
  };
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

function drawPair(ranges: readonly Range[], random: Random): readonly CallerId[] {
  const first = memberOf(ranges, random.below(sizeOf(ranges)));
  const group = ranges.filter(({ prefix }) => prefix === first.prefix);
  // All but the first: the last of the group stands in for it.
  const drawn = memberOf(group, random.below(sizeOf(group) - 1));
  return [first, drawn.number === first.number ? memberOf(group, sizeOf(group) - 1) : drawn];
}

function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { size }) => sum + size, 0);
}

function memberOf(ranges: readonly Range[], index: number): CallerId {
  let rest = index;
  for (const range of ranges) {
    if (rest < range.size) return range.member(rest);
    rest -= range.size;
  }
  throw new RangeError("no such caller ID");
}
