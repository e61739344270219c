/** Merges the parts of a configuration document. */

export type Section = Readonly<Record<string, unknown>>;

/**
 * All parts as one document: objects are merged by key, lists are joined, everything else must stand in one part alone.
 * @throws where two parts say something different
 */
export function mergeSections(parts: readonly Section[]): Section {
  const merged: Record<string, unknown> = {};
  for (const [key, value] of parts.flatMap((part) => Object.entries(part))) {
    merged[key] = key in merged ? mergeValues(key, merged[key], value) : value;
  }
  return merged;
}

function mergeValues(key: string, one: unknown, other: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other];
  if (isSection(one) && isSection(other)) return mergeSections([one, other]);
  if (one === other) return one;
  throw new Error(`two parts of the sandbox's configuration set ${key}`);
}

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
