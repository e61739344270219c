/** Limits of a verification that must be consistent. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { VerificationSettings } from "./config.ts";

interface Sections {
  readonly verification: VerificationSettings;
}

export const verificationChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["verification"], problems: checksFitTheCap },
];

/** `checks_left` would promise checks that the callee's cap refuses. */
function checksFitTheCap({ verification }: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["verification"])) return [];
  const { max_checks: checks, wrong_checks_per_callee: cap } = verification;
  if (checks <= cap) return [];
  const expected = `at most wrong_checks_per_callee, which is ${cap}`;
  return [{ path: ["verification", "max_checks"], given: String(checks), expected }];
}
