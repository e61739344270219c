/** Metrics of durable records. What waits for them is counted by the relay. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export interface RecordsMetrics {
  /** A transaction of events ended. @param rows events that were new */
  wrote(result: "written" | "unavailable" | "failed", rows: number, seconds: number): void;
}

/** A write to the disk takes milliseconds; the deadline of a query is 5 s by default. */
const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** @param state read at each scrape; undefined or without backend: nothing is recorded, and there is no gauge */
export function addRecordsMetrics(
  registry: Registry,
  state: () => { readonly backend: string | null; readonly up: boolean } | undefined,
): RecordsMetrics {
  const registers = [registry];
  new Gauge({
    name: "onering_records_up",
    aggregator: "min",
    help: "1: durable records can be read and written by this gateway. Verifications go on without them.",
    labelNames: ["backend"] as const,
    registers,
    collect() {
      this.reset();
      const { backend = null, up = false } = state() ?? {};
      if (backend !== null) this.set({ backend }, Number(up));
    },
  });
  const batches = new Counter({
    name: "onering_records_batches_total",
    help: "Transactions of events: `written`, `unavailable` (they come again), `failed` (an error that was logged; they come again).",
    labelNames: ["result"] as const,
    registers,
  });
  const rows = new Counter({
    name: "onering_records_rows_total",
    help: "Events that this gateway wrote to the records.",
    registers,
  });
  const seconds = new Histogram({
    name: "onering_records_write_seconds",
    help: "Time of a transaction of events.",
    buckets,
    registers,
  });
  return {
    wrote(result, written, took) {
      batches.inc({ result });
      rows.inc(written);
      seconds.observe(took);
    },
  };
}
