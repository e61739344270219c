/** Verification rate of calls that rang, by trunk, app and country; and trunks under suspicion because of it. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { GatewayEvent } from "../events/events.ts";
import { createTrunkSuspicion, type Suspicion, suspicions, suspicionTexts } from "./trunk-suspicion.ts";

interface Options {
  /** Bounds the label. */
  readonly country: (value: string | null) => string;
  /** Logs when a suspicion of a trunk begins and when it ends. */
  readonly warn: (fields: { readonly trunk: string; readonly suspicion: Suspicion }, text: string) => void;
}

/** @returns a function to call with every event */
export function addVerifiedMetrics(registry: Registry, { country, warn }: Options): (event: GatewayEvent) => void {
  const registers = [registry];
  const suspicion = createTrunkSuspicion((trunk, one, suspected) => {
    warn({ trunk, suspicion: one }, suspected ? suspicionTexts[one] : `no longer suspected: ${one}`);
  });
  const outcomes = new Counter({
    name: "onering_verifications_by_trunk_total",
    help: "Verifications ended, by status and the trunk of the last call that rang; `none` where no call rang, or a different gateway placed it.",
    labelNames: ["trunk", "app", "country", "status"] as const,
    registers,
  });
  new Gauge({
    name: "onering_trunk_suspected",
    aggregator: "max",
    help: "1: calls on the trunk seem to succeed but none verifies; check its `number_format`, or the `caller_id` that arrives.",
    labelNames: ["trunk", "suspicion"] as const,
    registers,
    collect() {
      for (const [trunk, suspected] of suspicion.suspected()) {
        for (const one of suspicions) this.set({ trunk, suspicion: one }, Number(suspected.has(one)));
      }
    },
  });
  return (event) => {
    if (event.type === "verification.ended") {
      const { verification, country: of, status } = event.data;
      const trunk = suspicion.trunkOf(verification) ?? "none";
      outcomes.inc({ trunk, app: event.app ?? "none", country: country(of), status });
    }
    suspicion.report(event);
  };
}
