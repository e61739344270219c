/** Whose list is next: turns go round the apps, so that the lists of one do not keep those of all others waiting. */
import type { Scrub } from "./types.ts";

export interface Turns {
  /** What waits longest, of the app that has the fewest running, and whose last turn was longest ago. */
  next(waiting: readonly Scrub[], runningOf: (app: string) => number): Scrub | undefined;
  took(app: string): void;
}

export function createTurns(): Turns {
  /** By app, the count of all turns at its last one. */
  const last = new Map<string, number>();
  let count = 0;
  return {
    next: (waiting, runningOf) =>
      [...waiting].sort(
        (one, other) =>
          runningOf(one.app) - runningOf(other.app) ||
          (last.get(one.app) ?? 0) - (last.get(other.app) ?? 0) ||
          one.createdAtMs - other.createdAtMs,
      )[0],
    took: (app) => void last.set(app, ++count),
  };
}
