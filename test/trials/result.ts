/** What a trial found. */
export interface TrialResult {
  /** One line for people. */
  readonly line: string;
  /** Percent of the honest starts that were accepted; what else a trial measures is in `figures`. */
  readonly honestPercent: number;
  readonly figures: Readonly<Record<string, number>>;
}
