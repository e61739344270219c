/** Finds the value of the longest matching prefix of a number; the cost depends on the prefix length only. */

export interface PrefixTable<T> {
  /** The value of the longest prefix that the number starts with; undefined where none matches. */
  longest(number: string): T | undefined;
  /** The same among the values of which `read` makes something. */
  longestOf<R>(number: string, read: (value: T) => R | undefined): R | undefined;
}

/** @param entries each prefix once; of duplicates the last counts */
export function createPrefixTable<T>(entries: Iterable<readonly [prefix: string, value: T]>): PrefixTable<T> {
  const byPrefix = new Map(entries);
  const lengths = [...new Set([...byPrefix.keys()].map((prefix) => prefix.length))].sort((a, b) => b - a);

  function longestOf<R>(number: string, read: (value: T) => R | undefined): R | undefined {
    for (const length of lengths) {
      const value = length > number.length ? undefined : byPrefix.get(number.slice(0, length));
      const found = value === undefined ? undefined : read(value);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  return { longest: (number) => longestOf(number, (value) => value), longestOf };
}
