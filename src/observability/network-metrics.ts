/** Lookups of callees' networks. Sources and results are closed sets; no label is a number or a network's name. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { NetworkObserver } from "../numbers/networks/live-port.ts";

/** A name server of the region takes 5 to 50 ms, a lookup in the home network up to two seconds. */
const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 5];

/** As the module of networks says it is now. */
export interface NetworkStatus {
  readonly rows: number | null;
  readonly sources: readonly { readonly name: string; readonly up: boolean }[];
}

export function addNetworkMetrics(registry: Registry, status: () => NetworkStatus): NetworkObserver {
  const registers = [registry];
  const lookups = new Counter({
    name: "onering_network_lookups_total",
    help: "Questions to live sources of callees' networks, by result: answered, none (the source does not know the number), timeout, failed, busy (not asked: circuit open, rate, or too many at once), over_budget, store_unavailable.",
    labelNames: ["source", "result"] as const,
    registers,
  });
  const seconds = new Histogram({
    name: "onering_network_lookup_seconds",
    help: "Time of a question to a live source, until its answer or its deadline.",
    labelNames: ["source"] as const,
    buckets,
    registers,
  });
  const cache = new Counter({
    name: "onering_network_cache_total",
    help: "Where the network of a number was found that live sources may know: memory, redis, shared (another lookup of the same number was in progress), none.",
    labelNames: ["where"] as const,
    registers,
  });
  new Gauge({
    name: "onering_network_source_up",
    aggregator: "min",
    help: "Whether a live source of networks answers: 0 while its circuit is open.",
    labelNames: ["source"] as const,
    registers,
    collect() {
      this.reset();
      for (const { name, up } of status().sources) this.set({ source: name }, Number(up));
    },
  });
  new Gauge({
    name: "onering_network_file_rows",
    aggregator: "max",
    help: "Ranges of networks.file that are loaded; no series where none is configured.",
    registers,
    collect() {
      const { rows } = status();
      if (rows !== null) this.set(rows);
      else this.remove();
    },
  });
  return {
    asked(source, result, took) {
      lookups.inc({ source, result });
      if (took !== null) seconds.observe({ source }, took);
    },
    cache: (where) => cache.inc({ where }),
  };
}
