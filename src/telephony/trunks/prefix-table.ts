/** Finds the value of the longest matching prefix of a number; the cost depends on the prefix length only. */

export interface PrefixTable<T> {
  /** The value of the longest prefix that the number starts with; undefined where none matches. */
  longest(number: string): T | undefined;
}

/** @param entries each prefix once; of duplicates the last counts */
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
