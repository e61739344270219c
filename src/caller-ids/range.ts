/** A configured range of caller IDs: a block, or a list of single numbers. */
import type { RangeConfig } from "./ranges-config.ts";

export interface Range {
  /** What all its numbers start with, in E.164 with the plus sign. */
  readonly prefix: string;
  /** How many digits follow the prefix: the code. */
  readonly digits: number;
  /** How many numbers it has. Nothing is listed in memory: a block may hold 10^8. */
  readonly size: number;
  /** The numbers of a list in the order of the configuration; null for a block. */
  readonly list: readonly string[] | null;
  /** One of its numbers, for messages and dry runs. */
  readonly example: string;
  /** Numbers that show between them how a trunk writes the range: all of a list, the first and the last of a block. */
  readonly samples: readonly string[];
  contains(number: string): boolean;
  /**
   * @param index 0 ≤ index < size
   * @throws {RangeError} outside of that
   */
  numberAt(index: number): string;
}

/** The range of a section of the configuration. A list is taken to share the prefix of its first number (checked there). */
export function rangeOf(config: RangeConfig): Range {
  return "prefix" in config ? block(config.prefix, config.digits) : list(config.numbers, config.digits);
}

/** All ranges of a configuration, by name. */
export function rangesOf(configs: Readonly<Record<string, RangeConfig>>): ReadonlyMap<string, Range> {
  return new Map(Object.entries(configs).map(([name, config]) => [name, rangeOf(config)]));
}

function block(prefix: string, digits: number): Range {
  const size = 10 ** digits;
  const first = prefix + "0".repeat(digits);
  return {
    ...{ prefix, digits, size, list: null, example: first },
    samples: [first, prefix + "9".repeat(digits)],
    contains: (number) =>
      number.length === first.length && number.startsWith(prefix) && /^\d+$/.test(number.slice(prefix.length)),
    numberAt: (index) => prefix + String(within(index, size)).padStart(digits, "0"),
  };
}

function list(numbers: readonly string[], digits: number): Range {
  const [example = ""] = numbers;
  return {
    ...{ prefix: example.slice(0, -digits), digits, size: numbers.length, list: numbers, example },
    samples: numbers,
    contains: (number) => numbers.includes(number),
    numberAt: (index) => numbers[within(index, numbers.length)] ?? "",
  };
}

function within(index: number, size: number): number {
  if (Number.isInteger(index) && index >= 0 && index < size) return index;
  throw new RangeError("no such caller ID");
}
