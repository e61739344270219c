/** Suggestions for mistyped names. */

/** ` (did you mean a or b?)` with the nearest known names; empty where none is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near.length === 0 ? "" : ` (did you mean ${near.join(" or ")}?)`;
}

/**
 * At most two of the known names, the nearest first. Near means at most two edits, or a third of the name's length where
 * that is more.
 */
export function nearest(name: string, known: Iterable<string>): readonly string[] {
  const farthest = Math.max(2, Math.floor(name.length / 3));
  return [...known]
    .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= farthest)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 2)
    .map(({ candidate }) => candidate);
}

/** Levenshtein distance: inserted, deleted and replaced characters. Names are cut at 100 characters to bound the work. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, 100);
  const b = right.slice(0, 100);
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const deleted = (previous[column] ?? 0) + 1;
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, deleted, inserted));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
