/** What live checks say and cost. States, reasons and outcomes are closed sets, so the number of series is bounded. */
import { Counter, type Registry } from "prom-client";

export interface LiveCheckMetrics {
  /** A check was answered. @param asked whether a call was placed for it */
  answered(state: string, reason: string | null, asked: boolean): void;
  /** One INVITE of a check ended. */
  attempt(trunk: string, outcome: string): void;
}

export function addLiveCheckMetrics(registry: Registry): LiveCheckMetrics {
  const registers = [registry];
  const checks = new Counter({
    name: "onering_live_checks_total",
    help: "Answers of live checks, by state, reason of `unknown`, and whether the network was asked for them or an answer was given again or refused.",
    labelNames: ["state", "reason", "asked"] as const,
    registers,
  });
  const attempts = new Counter({
    name: "onering_live_check_attempts_total",
    help: "Finished INVITEs of live checks by outcome; onering_call_attempts_total has those of verifications.",
    labelNames: ["trunk", "outcome"] as const,
    registers,
  });
  return {
    answered: (state, reason, asked) => checks.inc({ state, reason: reason ?? "none", asked: String(asked) }),
    attempt: (trunk, outcome) => attempts.inc({ trunk, outcome }),
  };
}
