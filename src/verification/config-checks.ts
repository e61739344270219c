/** Limits of a verification that must be consistent, and workflows that leave time to type a code. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import { leastCodeDigits, leastLifetimeMs } from "./codes.ts";
import type { VerificationSettings } from "./config.ts";

interface Sections {
  readonly verification: VerificationSettings;
  readonly apps: Readonly<Record<string, { readonly workflow?: readonly WorkflowStep[] }>>;
}

type WorkflowStep = { readonly channel: string; readonly wait_seconds?: number };

export const verificationChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["verification"], problems: checksFitTheCap },
  { reads: ["verification"], problems: messageCodesAreHardToGuess },
  { reads: ["verification", "apps"], problems: waitsLeaveAMinute },
];

/** Of ranges of caller IDs the same is checked where they are configured (caller-ids/ranges-config-checks.ts). */
function messageCodesAreHardToGuess({ verification }: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["verification"])) return [];
  const { message_code_length: digits, wrong_checks_per_callee: wrong, max_guess_probability: most } = verification;
  const needed = leastCodeDigits(verification);
  if (digits >= needed) return [];
  const expected = `at least ${needed}: ${wrong} wrong checks find a code of ${digits} digits with a probability above max_guess_probability (${most})`;
  return [{ path: ["verification", "message_code_length"], given: String(digits), expected }];
}

/** The channel's own set-up time comes in addition: that is checked where the channels are known (workflow.ts). */
function waitsLeaveAMinute({ verification, apps }: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["verification", "ttl_seconds"])) return [];
  const most = Math.max(0, verification.ttl_seconds - leastLifetimeMs / 1000);
  const problemsOf = (path: readonly (string | number)[], steps: readonly WorkflowStep[] = []) =>
    steps.slice(0, -1).flatMap(({ wait_seconds: wait = 0 }, index) => {
      if (wait <= most) return [];
      const expected = `at most ${most} (verification.ttl_seconds less the minute that the next step needs)`;
      return [{ path: [...path, index, "wait_seconds"], given: String(wait), expected }];
    });
  return [
    ...(isSound(["verification", "workflow"]) ? problemsOf(["verification", "workflow"], verification.workflow) : []),
    ...Object.entries(apps).flatMap(([name, app]) => {
      const path = ["apps", name, "workflow"];
      return isSound(path) ? problemsOf(path, app.workflow) : [];
    }),
  ];
}

/** `checks_left` would promise checks that the callee's cap refuses. */
function checksFitTheCap({ verification }: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["verification"])) return [];
  const { max_checks: checks, wrong_checks_per_callee: cap } = verification;
  if (checks <= cap) return [];
  const expected = `at most wrong_checks_per_callee, which is ${cap}`;
  return [{ path: ["verification", "max_checks"], given: String(checks), expected }];
}
