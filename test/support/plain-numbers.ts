/** The keys of a trunk that say how it wants numbers, as they are by default. */
export const plainNumbers = {
  number_format: "+e164" as const,
  national_prefix: "0",
  international_prefix: "00",
  callee_rules: [],
  caller_id_rules: [],
};
