/** What the guard decides. Rules and verdicts are closed sets, so the number of series is bounded. */
import { Counter, type Registry } from "prom-client";
import type { GuardObserver } from "../guard/observer-port.ts";

export function addGuardMetrics(registry: Registry): GuardObserver {
  const registers = [registry];
  const decided = new Counter({
    name: "onering_guard_decisions_total",
    help: "Decisions of the guard before deliveries, by rule (`none` where none spoke) and verdict; `recorded`: it would have been denied with guard.mode deny.",
    labelNames: ["rule", "verdict"] as const,
    registers,
  });
  const dropped = new Counter({
    name: "onering_guard_decisions_dropped_total",
    help: "Decisions that could not be kept for GET /v1/decisions: records were down for long, or too many came at once.",
    registers,
  });
  const lost = new Counter({
    name: "onering_guard_sums_lost_total",
    help: "Sums that the guard could not learn from: results of deliveries and their costs.",
    registers,
  });
  const unavailable = new Counter({
    name: "onering_guard_counters_unavailable_total",
    help: "Decisions without the counters that all gateways share: Redis did not answer.",
    registers,
  });
  return {
    decided: (rule, verdict) => decided.inc({ rule: rule ?? "none", verdict }),
    decisionsDropped: (count) => dropped.inc(count),
    sumsLost: (count) => lost.inc(count),
    countersUnavailable: () => unavailable.inc(),
  };
}
