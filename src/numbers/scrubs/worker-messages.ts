/** Messages between the gateway and the process that cleans a list. */
import type { CleaningSummary } from "../cleaning/ports.ts";
import type { NumbersConfig } from "../config.ts";
import type { Scrub, ScrubFound, ScrubOptions } from "./types.ts";

export interface WorkerStart {
  readonly file: string;
  readonly folder: string;
  readonly options: ScrubOptions;
  readonly numbers: NumbersConfig;
  /** Largest sum of the results. */
  readonly mostResultBytes: number;
}

export type ToWorker =
  | { readonly type: "start"; readonly start: WorkerStart }
  /** The run ends after its batch. */
  | { readonly type: "stop" };

export type FromWorker =
  | { readonly type: "found"; readonly found: ScrubFound }
  | { readonly type: "progress"; readonly progress: Scrub["progress"] }
  /** Null: it was stopped. */
  | { readonly type: "ended"; readonly summary: CleaningSummary | null }
  | { readonly type: "problem"; readonly problem: string }
  /** For the log. */
  | { readonly type: "fault"; readonly why: string };
