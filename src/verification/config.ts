/** The rules of a verification. */
import { count, type StaticKeys, seconds } from "../typed-yaml/parts.ts";

/** The keys of section `verification` that hold for every channel. */
export const verificationKeys = {
  ttl_seconds: seconds(300, 30, 600, "Life of a code. NIST SP 800-63B allows at most 600."),
  retention_seconds: seconds(3600, 60, 604_800, "How long an ended verification can still be read."),
  max_checks: count(3, 1, 10, "Guesses for one verification: 3 of 10,000 is 0.03 %."),
  wrong_checks_per_callee: count(
    10,
    1,
    100,
    "Wrong guesses for one callee in the window, over all its verifications; NIST SP 800-63B: a new secret does not reset the count (at most 100).",
  ),
  wrong_checks_window_seconds: seconds(86_400, 3600, 2_592_000, "That window."),
  starts_per_callee_per_hour: count(
    5,
    1,
    100,
    "Calls to one callee in an hour, resends included: people are not to be pestered.",
  ),
  start_gap_seconds: seconds(15, 0, 3600, "Least time between two calls to one callee."),
  idempotency_ttl_seconds: seconds(86_400, 60, 604_800, "How long an Idempotency-Key is remembered."),
};

/** The section as the core sees it: without the keys that channels add (channels/missed-call/config.ts). */
export type VerificationSettings = StaticKeys<typeof verificationKeys>;
