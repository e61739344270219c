/** Limits and lifetimes of a verification. */
import { count, type StaticKeys, seconds } from "../typed-yaml/parts.ts";

/** The keys of section `verification` that hold for every channel. */
export const verificationKeys = {
  ttl_seconds: seconds(
    300,
    30,
    600,
    "Lifetime of a code. NIST SP 800-63B allows at most 600; 300 leave time for a resend.",
  ),
  retention_seconds: seconds(
    3600,
    60,
    604_800,
    "How long an ended verification can still be read. Apps read it within minutes; each takes memory of Redis for so long.",
  ),
  message_code_length: count(
    6,
    4,
    10,
    "Digits of a code that is sent or spoken. 6: what people expect of a message, and 10 guesses succeed with a probability of 0.001 %.",
  ),
  max_checks: count(
    3,
    1,
    10,
    "Checks per verification. 3 guesses at 10,000 codes succeed with a probability of 0.03 %.",
  ),
  wrong_checks_per_callee: count(
    10,
    1,
    100,
    "Wrong checks per callee in the window, over all its verifications; by NIST SP 800-63B (at most 100) a new code does not reset the count. 10 guesses at 10,000 codes: 0.1 %.",
  ),
  wrong_checks_window_seconds: seconds(
    86_400,
    3600,
    2_592_000,
    "Window of wrong_checks_per_callee. A day, so that guessing one number's codes for a year succeeds less than one time in three.",
  ),
  starts_per_callee_per_hour: count(
    5,
    1,
    100,
    "Calls to one callee per hour, resends included: the API must not serve to harass people.",
  ),
  start_gap_seconds: seconds(
    15,
    0,
    3600,
    "Minimum interval between two calls to one callee: the first should be over and in the call log.",
  ),
  idempotency_ttl_seconds: seconds(
    86_400,
    60,
    604_800,
    "How long an Idempotency-Key is remembered. A day covers the retries of a job queue.",
  ),
};

/** The section as the core sees it: without the keys that channels add (channels/missed-call/config.ts). */
export type VerificationSettings = StaticKeys<typeof verificationKeys>;
