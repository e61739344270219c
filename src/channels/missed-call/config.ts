/** The keys that the missed call adds to section `verification`. */
import { Type } from "typebox";
import { count, type StaticKeys, seconds } from "../../typed-yaml/parts.ts";

export const missedCallKeys = {
  min_calls: count(
    1,
    1,
    2,
    "Calls for one code, where an app does not ask for more: 2 makes two calls from different caller IDs the least, for 26.6 bits from one 10,000 block instead of 13.3.",
  ),
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
};

export type MissedCallSettings = StaticKeys<typeof missedCallKeys>;
