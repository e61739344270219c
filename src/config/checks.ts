/** What no single value can tell: whether the parts of a configuration fit together. */

import { callerIdChecks } from "../caller-ids/ranges-config-checks.ts";
import { callerIdReputationChecks } from "../caller-ids/reputation-config-checks.ts";
import { callInChecks } from "../channels/call-in/config-checks.ts";
import { sipCaptureChecks } from "../telephony/sip-capture/config-checks.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import { limitChecks } from "../verification/config-checks.ts";
import { canaryChecks } from "./canary-checks.ts";
import { numberFormatChecks } from "./number-formats.ts";
import { referenceChecks } from "./references.ts";
import type { Config } from "./schema.ts";
import { secretChecks } from "./secrets.ts";

/** Whether nothing is wrong with the value itself: not at this path, not above it, not below it. */
export type IsSound = (path: Path) => boolean;

/**
 * Finds problems between values. Where some values have problems of their own, it leaves out those (and only those), so
 * that the operator sees as much as possible at once.
 */
export interface CrossCheck {
  /** Sections that must be there, whatever is wrong inside them: otherwise the check is left out. */
  readonly reads: readonly (keyof Config)[];
  problems(config: Config, isSound: IsSound): readonly Problem[];
}

const checks: readonly CrossCheck[] = [
  ...referenceChecks,
  ...numberFormatChecks,
  ...callerIdChecks,
  ...callerIdReputationChecks,
  ...limitChecks,
  ...callInChecks,
  ...secretChecks,
  ...sipCaptureChecks,
  ...canaryChecks,
];

/**
 * All problems that the parts of a configuration have with each other.
 * @param config what could be read of it
 * @param found what is wrong with single values
 */
export function crossCheck(config: Config, found: readonly Problem[]): readonly Problem[] {
  const isSound: IsSound = (path) =>
    !found.some((problem) => isWithin(problem.path, path) || isWithin(path, problem.path));
  const isThere = (key: keyof Config) =>
    !found.some(({ path }) => path.length === 0 || (path.length === 1 && path[0] === key));
  return checks.filter(({ reads }) => reads.every(isThere)).flatMap((check) => check.problems(config, isSound));
}

function isWithin(inner: Path, outer: Path): boolean {
  return outer.every((part, depth) => inner[depth] === part);
}
