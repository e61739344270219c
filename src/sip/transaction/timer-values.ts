/** How long the timers of transactions run. */

/** RFC 3261 table 4, in milliseconds. */
export interface TimerValues {
  /** Estimate of the round trip. */
  readonly t1Ms: number;
  /** Longest pause between repetitions of requests other than INVITE, and of responses to INVITE. */
  readonly t2Ms: number;
  /** Longest that a message stays in the network. */
  readonly t4Ms: number;
}

export const defaultTimerValues: TimerValues = { t1Ms: 500, t2Ms: 4000, t4Ms: 5000 };
