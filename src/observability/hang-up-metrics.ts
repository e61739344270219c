/** Hang-ups that gateways ask of each other. */
import { Counter, type Registry } from "prom-client";

export interface HangUpCounts {
  readonly asked: Readonly<Record<"sent" | "unheard" | "failed", number>>;
  readonly received: number;
}

/** @param counts since the start; read at each scrape */
export function addHangUpMetrics(registry: Registry, counts: () => HangUpCounts | undefined): void {
  const registers = [registry];
  new Counter({
    name: "onering_hang_ups_asked_total",
    help: "Calls that this gateway asked another one to hang up: sent, unheard (no gateway of that name listens any more), or failed (Redis did not take it).",
    labelNames: ["result"] as const,
    registers,
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(counts()?.asked ?? {})) this.inc({ result }, count);
    },
  });
  new Counter({
    name: "onering_hang_ups_received_total",
    help: "Calls that other gateways asked this one to hang up; some of them were over.",
    registers,
    collect() {
      this.reset();
      this.inc(counts()?.received ?? 0);
    },
  });
}
