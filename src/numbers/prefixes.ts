/** Lists of the first digits of numbers, looked up without reading the list. */

/** @returns whether a number in E.164 begins with one of them; null: the list is empty or left out */
export function prefixMatcher(prefixes: readonly string[] | undefined): ((e164: string) => boolean) | null {
  if (prefixes === undefined || prefixes.length === 0) return null;
  const known = new Set(prefixes);
  const lengths = [...new Set(prefixes.map(({ length }) => length))];
  return (e164) => lengths.some((length) => known.has(e164.slice(0, length)));
}
