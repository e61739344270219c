import { testTrunk } from "./test-config.ts";

const { number_format, national_prefix, international_prefix, callee_rules, caller_id_rules } = testTrunk();

/** The keys of a trunk that say how it wants numbers, with their defaults. */
export const plainNumbers = { number_format, national_prefix, international_prefix, callee_rules, caller_id_rules };
