/** Values by the start of a text that is no number of E.164: routing numbers have letters and any digits. */

export interface Prefixed<T> {
  /** Of the longest entry that the text starts with, without regard to case. */
  longest(text: string): T | undefined;
}

export function createPrefixed<T>(entries: readonly (readonly [prefix: string, value: T])[]): Prefixed<T> {
  const sorted = entries
    .map(([prefix, value]) => [prefix.toLowerCase(), value] as const)
    .sort(([a], [b]) => b.length - a.length);
  return { longest: (text) => sorted.find(([prefix]) => text.toLowerCase().startsWith(prefix))?.[1] };
}
