/** What a live check says of a number, and how it knows. */

export const liveStates = ["reachable", "switched_off", "unallocated", "unknown"] as const;
/**
 * `reachable`: the phone alerts or is busy. `switched_off`: the network says that it is absent (Q.850 cause 20).
 * `unallocated`: the network says that the number is not assigned. `unknown`: nothing is known; see `LiveReason`.
 */
export type LiveState = (typeof liveStates)[number];

export const liveReasons = [
  "not_callable",
  "country_off",
  "quiet_hours",
  "denied",
  "limited",
  "verification_open",
  "call_in_progress",
  "no_capacity",
  "unavailable",
  "deadline",
  "no_signal",
  "ambiguous",
  "not_carried",
  "interrupted",
] as const;
/**
 * Why a check says `unknown`. Not asked: policy does not call the number (`not_callable`) or its country (`country_off`), it
 * is a quiet hour there (`quiet_hours`), the guard refused (`denied`), a limit of live checks or of the app is reached
 * (`limited`), the person is being verified (`verification_open`) or called (`call_in_progress`), calls of verifications need
 * the channel slots (`no_capacity`), or telephony or Redis is down (`unavailable`). Asked: no answer in time (`deadline`), no
 * sign of the phone (`no_signal`), an answer that has several meanings (`ambiguous`), no trunk carried the call
 * (`not_carried`), it was canceled or lost (`interrupted`).
 */
export type LiveReason = (typeof liveReasons)[number];

/** What was seen of the call. Null: not known, or there was none. */
export interface LiveEvidence {
  /** Of the call attempt: see docs/outcomes.md. */
  readonly outcome: string;
  readonly sipStatus: number | null;
  /** Q.850 cause. */
  readonly q850: number | null;
  /** Alerting was signalled: the phone may have shown the call. */
  readonly alerted: boolean;
  /** A 183 came. */
  readonly progress: boolean;
  /** Answered with no alerting before: voicemail, call screening, or false answer supervision. */
  readonly falseAnswer: boolean;
  readonly postDialDelayMs: number | null;
  /** How many trunks were asked. */
  readonly trunks: number;
  /** More than one trunk said the same of the number. */
  readonly confirmed: boolean;
  /** `sip`: messages that the SIP capture saw; `events`: Asterisk's events alone; `test`: a test number's scenario. */
  readonly source: "sip" | "events" | "test";
}

/** How one call is read. */
export interface LiveReading {
  readonly state: LiveState;
  /** Null unless the state is `unknown`. */
  readonly reason: LiveReason | null;
  readonly evidence: LiveEvidence | null;
}

/** The answer of a check. */
export interface LiveResult extends LiveReading {
  /** When the network was asked; null: it was not. */
  readonly checkedAtMs: number | null;
  /** How old the answer is: 0 of a call that was made now. Null where there is none. */
  readonly ageMs: number | null;
  /** After this time another check may say more; null: unknown. */
  readonly retryAfterMs: number | null;
}
