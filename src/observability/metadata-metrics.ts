/** Which numbering plans this gateway reads numbers by. */
import { Gauge, type Registry } from "prom-client";

export interface MetadataState {
  readonly version: string;
  readonly source: string;
  /** RFC 3339 date; null: unknown. */
  readonly released: string | null;
}

/** @param present read at each scrape: a reload may replace the plans */
export function addMetadataMetrics(registry: Registry, present: () => MetadataState | undefined): void {
  const registers = [registry];
  new Gauge({
    name: "onering_numbering_metadata_info",
    aggregator: "max",
    help: "Always 1; the labels name the version of libphonenumber's numbering plans in use, and whether they are built in or of numbers.metadata_file.",
    labelNames: ["version", "source"] as const,
    registers,
    collect() {
      this.reset();
      const state = present();
      if (state !== undefined) this.set({ version: state.version, source: state.source }, 1);
    },
  });
  new Gauge({
    name: "onering_numbering_metadata_released_timestamp_seconds",
    aggregator: "min",
    help: "When the numbering plans in use were published (Unix time); no value where that is unknown.",
    registers,
    collect() {
      this.reset();
      const released = present()?.released ?? null;
      if (released !== null) this.set(Date.parse(released) / 1000);
      else this.remove();
    },
  });
}
