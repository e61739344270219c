/** What a lookup says of a number's health (numbers/health). */

/** What can be said of a number. The order is that of `judge.ts`: the first that holds is the state. */
export const healthStates = [
  /** No network knows it: two trunks said so, or one trunk twice (judge.ts). */
  "unallocated",
  /** The phone is off or out of reach for now. */
  "switched_off",
  /** Calls to it are refused by its network. */
  "barred",
  /** Answered before it rings: voicemail, or call screening. The caller ID of a missed call is not seen in time. */
  "answers_early",
  /** Texts reach it, and its person proves it by other ways. */
  "never_reads_sms",
  /** A phone rang, a receipt came, or somebody proved it. */
  "reachable",
] as const;

export type HealthState = (typeof healthStates)[number];

/** Where evidence is from: a call's course, a message's receipt, a proof, or a live check. */
export const healthSources = ["call", "message", "verification", "live_check"] as const;
export type HealthSource = (typeof healthSources)[number];

/** As an app may see it. */
export interface HealthView {
  /** Without evidence of the app's own only `unallocated` and `reachable`. */
  readonly state: HealthState;
  /** Whole days since the newest evidence of this state. */
  readonly ageDays: number;
  /** 0 to 1, halved with each half-life; null: the app's own deliveries taught nothing of it. */
  readonly confidence: number | null;
  /** Null as `confidence`. */
  readonly source: HealthSource | null;
}
