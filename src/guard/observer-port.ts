/** What the guard measures (src/observability/guard-metrics.ts). */
import type { DecisionVerdict } from "./decisions.ts";

export interface GuardObserver {
  /** @param rule its name, a closed set; null: none spoke */
  decided(rule: string | null, verdict: DecisionVerdict): void;
  /** Decisions that could not be kept. */
  decisionsDropped(count: number): void;
  /** Sums of what became of deliveries that could not be kept. */
  sumsLost(count: number): void;
  /** A decision without the shared counters. */
  countersUnavailable(): void;
}

export const noObserver: GuardObserver = {
  decided: () => undefined,
  decisionsDropped: () => undefined,
  sumsLost: () => undefined,
  countersUnavailable: () => undefined,
};
