/** Finds what belongs to the longest prefix of a number, at the cost of the prefix's length, however many there are. */

export interface PrefixTable<T> {
  /** What belongs to the longest prefix that the number starts with; undefined where none does. */
  longest(number: string): T | undefined;
}

/** @param entries each prefix once; of two that are the same, the last counts */
export function createPrefixTable<T>(entries: Iterable<readonly [prefix: string, value: T]>): PrefixTable<T> {
  const byPrefix = new Map(entries);
  const lengths = [...new Set([...byPrefix.keys()].map((prefix) => prefix.length))].sort((a, b) => b - a);
  return {
    longest(number) {
      for (const length of lengths) {
        const value = length > number.length ? undefined : byPrefix.get(number.slice(0, length));
        if (value !== undefined) return value;
      }
      return undefined;
    },
  };
}
