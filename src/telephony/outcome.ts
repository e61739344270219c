/** How a call attempt ended: a closed set. */
export const outcomes = [
  "rang",
  "answered",
  "busy",
  "declined",
  "no_answer_signal",
  "unallocated",
  "invalid_format",
  "changed",
  "switched_off",
  "barred",
  "caller_id_refused",
  "congestion",
  "trunk_down",
  "canceled",
  "interrupted",
  "unknown",
] as const;

export type Outcome = (typeof outcomes)[number];
