/** The keys that the missed call adds to section `verification`. */
import { Type } from "typebox";
import { count, type StaticKeys, seconds } from "../../typed-yaml/parts.ts";

export const missedCallKeys = {
  min_calls: count(
    1,
    1,
    2,
    "Calls per code where the app does not ask for more. With 2 every code takes two calls from different caller IDs: 26.6 bits from one 10,000 block instead of 13.3.",
  ),
  caller_id_cooldown_seconds: seconds(
    86_400,
    600,
    2_592_000,
    "Cool-down per callee: a caller ID is not presented to the same callee again for this time, because it may still be in the call log.",
  ),
  max_guess_probability: Type.Number({
    default: 0.001,
    exclusiveMinimum: 0,
    maximum: 0.1,
    description:
      "Upper limit of wrong_checks_per_callee ÷ number of codes. 0.001 is 10 guesses at a 10,000 block. With min_calls: 2 the codes are pairs of caller IDs.",
  }),
};

export type MissedCallSettings = StaticKeys<typeof missedCallKeys>;
