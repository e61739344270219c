/** The rules of a verification. */
import { type Static, Type } from "typebox";
import { count, optionalSection, seconds } from "../typed-yaml/parts.ts";

export const Verification = optionalSection("The rules of a verification.", {
  ttl_seconds: seconds(300, 30, 600, "Life of a code. NIST SP 800-63B allows at most 600."),
  retention_seconds: seconds(3600, 60, 604_800, "How long an ended verification can still be read."),
  max_checks: count(3, 1, 10, "Guesses for one verification: 3 of 10,000 is 0.03 %."),
  min_calls: count(
    1,
    1,
    2,
    "Calls for one code, where an app does not ask for more: 2 makes two calls from different caller IDs the least, for 26.6 bits from one 10,000 block instead of 13.3.",
  ),
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
  caller_id_cooldown_seconds: seconds(
    86_400,
    600,
    2_592_000,
    "A callee does not get a caller ID again while it may stand in the call log.",
  ),
  max_guess_probability: Type.Number({
    default: 0.001,
    exclusiveMinimum: 0,
    maximum: 0.1,
    description:
      "Most that wrong_checks_per_callee ÷ number of codes may be: 10 guesses at a 10,000 block. With min_calls: 2 the codes are pairs of caller IDs.",
  }),
  idempotency_ttl_seconds: seconds(86_400, 60, 604_800, "How long an Idempotency-Key is remembered."),
});

export type VerificationSettings = Static<typeof Verification>;
