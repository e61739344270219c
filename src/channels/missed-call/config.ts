/** The keys that the missed call adds to section `verification`. */
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
};

export type MissedCallSettings = StaticKeys<typeof missedCallKeys>;
