/** The metrics of several processes as those of one gateway: counters and histograms summed, gauges as each declares. */
import { AggregatorRegistry, type MetricObject, type MetricValue, type Registry } from "prom-client";
import type { CountedMetrics, ProcessStates } from "../processes/counted-port.ts";

/** What a process counted, as text. Without values that are no numbers, which JSON does not have. */
export async function snapshotOf(registry: Pick<Registry, "getMetricsAsJSON">): Promise<string> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as readonly Snapshot[];
  const finite = metrics.map((metric) => {
    return { ...metric, values: metric.values.filter(({ value }) => Number.isFinite(value)) };
  });
  return JSON.stringify(finite);
}

type Snapshot = MetricObject & { readonly values: readonly MetricValue<string>[] };

/** @returns the text that Prometheus reads */
export function sumOf(snapshots: readonly string[]): Promise<string> {
  return merged(snapshots).metrics();
}

function merged(snapshots: readonly string[]): Registry {
  return AggregatorRegistry.aggregate(snapshots.map((text) => JSON.parse(text)));
}

/** What stays true of a process that ended: a sum that fell would look like a restart of all, and be counted twice. */
function countersOf(snapshot: string): string {
  const metrics = JSON.parse(snapshot) as readonly (Omit<Snapshot, "type"> & { readonly type: unknown })[];
  return JSON.stringify(metrics.filter(({ type }) => type === "counter" || type === "histogram"));
}

/** For the primary. */
export function createCountedMetrics(): CountedMetrics {
  /** The newest of each process that runs. */
  const newest = new Map<number, string>();
  /** The sum of those that ended. */
  let kept = "[]";
  return {
    saw(index, snapshot) {
      newest.set(index, snapshot);
    },
    ended(index) {
      const last = newest.get(index);
      newest.delete(index);
      if (last !== undefined) kept = JSON.stringify(merged([kept, countersOf(last)]).getMetricsAsArray());
    },
    beside(answering, states) {
      // One that runs and does not answer is frozen, or busy.
      const silent = [...newest].filter(([index]) => !answering.has(index)).map(([, last]) => countersOf(last));
      return [kept, ...silent, JSON.stringify(ownMetrics(states))];
    },
  };
}

function ownMetrics({ serving, starting, restarts }: ProcessStates) {
  return [
    {
      name: "onering_processes",
      help: "Processes of this gateway by state: `serving`, or `starting`, which includes those about to start again. Only with several (server.processes).",
      type: "gauge",
      values: [
        { labels: { state: "serving" }, value: serving },
        { labels: { state: "starting" }, value: starting },
      ],
      aggregator: "sum",
    },
    {
      name: "onering_process_restarts_total",
      help: "How often a process of this gateway was started again. Only with several (server.processes).",
      type: "counter",
      values: restarts.map((value, process) => ({ labels: { process: String(process) }, value })),
      aggregator: "sum",
    },
  ];
}
