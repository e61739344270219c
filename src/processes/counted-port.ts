/** What the primary adds to the metrics that processes answer with; implemented by observability/summed-metrics.ts. */
export interface CountedMetrics {
  /** The newest of a process. */
  saw(index: number, snapshot: string): void;
  /** It ended: what it counted stays in the sums. */
  ended(index: number): void;
  /** What to add where these processes answer for themselves. */
  beside(answering: ReadonlySet<number>, states: ProcessStates): readonly string[];
}

export interface ProcessStates {
  readonly serving: number;
  readonly starting: number;
  /** By index: how often it was started again. */
  readonly restarts: readonly number[];
}
