/** Checks between values: what the schema of a single value cannot say. */
import type { Path, Problem } from "./errors.ts";

/** Whether no problem was found with a value itself: not at this path, not above it, not below it. */
export type IsSound = (path: Path) => boolean;

/**
 * Finds problems between values. It skips the values that have problems of their own (and only those), so that one run
 * reports as much as possible.
 * @typeParam C the sections that the check reads; a feature's check names its own and the keys it needs of others
 */
export interface CrossCheck<C> {
  /** Sections that must be present, with or without errors in them: otherwise the check is skipped. */
  readonly reads: readonly (keyof C & string)[];
  problems(config: C, isSound: IsSound): readonly Problem[];
}

/**
 * All problems between values.
 * @param config what could be read; may be incomplete where `found` says so
 * @param found the problems of single values
 */
export function crossCheck<C>(
  config: C,
  checks: readonly CrossCheck<C>[],
  found: readonly Problem[],
): readonly Problem[] {
  const isSound: IsSound = (path) =>
    !found.some((problem) => isWithin(problem.path, path) || isWithin(path, problem.path));
  const isPresent = (key: string) =>
    !found.some(({ path }) => path.length === 0 || (path.length === 1 && path[0] === key));
  return checks.filter(({ reads }) => reads.every(isPresent)).flatMap((check) => check.problems(config, isSound));
}

function isWithin(inner: Path, outer: Path): boolean {
  return outer.every((part, depth) => inner[depth] === part);
}
