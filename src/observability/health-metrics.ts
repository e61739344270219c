/** What deliveries teach about numbers. Kinds and states are closed sets, so the number of series is bounded. */
import { Counter, type Registry } from "prom-client";
import type { HealthObserver } from "../numbers/health/ports.ts";

export function addHealthMetrics(registry: Registry): HealthObserver {
  const registers = [registry];
  const learned = new Counter({
    name: "onering_number_health_evidence_total",
    help: "Evidence about numbers that was taken: by what a trunk, a receipt or a proof said.",
    labelNames: ["kind"] as const,
    registers,
  });
  const disbelieved = new Counter({
    name: "onering_number_health_disbelieved_total",
    help: "Answers of trunks that were not taken as evidence: the trunk says the same of most callees, or a second trunk reached the phone in the same call.",
    labelNames: ["kind"] as const,
    registers,
  });
  const lost = new Counter({
    name: "onering_number_health_lost_total",
    help: "Evidence that could not be stored: Redis did not answer, or too much came at once.",
    registers,
  });
  const reordered = new Counter({
    name: "onering_number_health_reordered_total",
    help: "Starts that did not begin with the first channel of their workflow, by the number's health.",
    labelNames: ["state"] as const,
    registers,
  });
  return {
    learned: (kind) => learned.inc({ kind }),
    disbelieved: (kind) => disbelieved.inc({ kind }),
    lost: (numbers) => lost.inc(numbers),
    reordered: (state) => reordered.inc({ state }),
  };
}
