/** Metrics of human checks. */
import { Counter, type Registry } from "prom-client";

/** `failed`: the page's answer did not pass; `unavailable`: the service gave no verdict. */
export type HumanCheckResult = "passed" | "failed" | "unavailable";

/** @returns counts one check of a start by a start token. @param check its name in the configuration */
export function addHumanCheckMetrics(registry: Registry): (check: string, result: HumanCheckResult) => void {
  const checks = new Counter({
    name: "onering_human_checks_total",
    help: "Human checks of starts by start tokens, by result; `unavailable`: the service gave no verdict.",
    labelNames: ["check", "result"] as const,
    registers: [registry],
  });
  return (check, result) => checks.inc({ check, result });
}
