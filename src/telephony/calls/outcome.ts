/** The outcomes of a call attempt, a closed set, and what follows from each. */

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

export interface OutcomeTraits {
  /** Whether the phone may have shown the caller ID: see `delivered`. */
  readonly delivered: "yes" | "no" | "if_alerted";
  /** The call fails over to another trunk at once, unless the phone may have rung or an INVITE may be alive. */
  readonly failsOver: boolean;
  /** It concerns the number itself, so it is kept even if another trunk then fails for its own reason. */
  readonly aboutNumber: boolean;
}

/**
 * What each outcome means. Sources: RFC 3398 section 7.2.4.1, RFC 8197 (607), RFC 8688 (608), Q.850 table 1.
 *
 * `unallocated` asks a second trunk because carriers also send 404 when they merely have no route. `unknown` is a refusal of
 * this one INVITE for a reason that is neither the number's nor known (a redirection, 488, 400, …): another trunk may take it.
 * Where the callee's own network responded (`busy`, `switched_off`, `changed`, `invalid_format`), another trunk would get the
 * same answer; `caller_id_refused` follows the caller ID to the next trunk, and `no_answer_signal` has used up the time.
 * `invalid_format` is an error in the gateway or its configuration, not in the number.
 */
export const outcomeTraits: Readonly<Record<Outcome, OutcomeTraits>> = {
  rang: { delivered: "yes", failsOver: false, aboutNumber: false },
  answered: { delivered: "yes", failsOver: false, aboutNumber: true },
  busy: { delivered: "no", failsOver: false, aboutNumber: true },
  declined: { delivered: "yes", failsOver: false, aboutNumber: true },
  no_answer_signal: { delivered: "no", failsOver: false, aboutNumber: false },
  unallocated: { delivered: "no", failsOver: true, aboutNumber: true },
  invalid_format: { delivered: "no", failsOver: false, aboutNumber: false },
  changed: { delivered: "no", failsOver: false, aboutNumber: true },
  switched_off: { delivered: "no", failsOver: false, aboutNumber: true },
  barred: { delivered: "no", failsOver: true, aboutNumber: false },
  caller_id_refused: { delivered: "if_alerted", failsOver: false, aboutNumber: false },
  congestion: { delivered: "if_alerted", failsOver: true, aboutNumber: false },
  trunk_down: { delivered: "no", failsOver: true, aboutNumber: false },
  canceled: { delivered: "if_alerted", failsOver: false, aboutNumber: false },
  interrupted: { delivered: "if_alerted", failsOver: false, aboutNumber: false },
  unknown: { delivered: "if_alerted", failsOver: true, aboutNumber: false },
};

/** Whether the callee may have seen the caller ID: the person can be asked for the digits, and the caller ID counts as shown. */
export function delivered(outcome: Outcome, alerted: boolean): boolean {
  const trait = outcomeTraits[outcome].delivered;
  return trait === "yes" || (trait === "if_alerted" && alerted);
}

/** Whether a call with this outcome fails over to another trunk at once; see `LiveCall` for when it must not. */
export function failsOver(outcome: Outcome): boolean {
  return outcomeTraits[outcome].failsOver;
}
