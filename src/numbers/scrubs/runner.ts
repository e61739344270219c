/**
 * Cleans a list on a thread of its own: its files and tables are read and written synchronously, and calls must not wait for
 * them.
 */
import { Worker } from "node:worker_threads";
import type { Clock } from "../../shared/clock.ts";
import type { NumbersConfig } from "../config.ts";
import { ListProblem, type ListRunner } from "./ports.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-messages.ts";

/** Ten times what a run takes: the tables of duplicates lie outside the heap, or on disk. */
const mostHeapMb = 512;
/** A batch and its journal take a tenth of a second; a thread that takes longer is ended, and goes on from its journal. */
const stopWithinMs = 5000;

export interface RunLimits {
  readonly clock: Clock;
  /** Longest time of one run. */
  readonly longestMinutes: number;
  /** Largest sum of its results. */
  readonly mostResultBytes: number;
}

/** @param numbers the policy that holds when a run begins */
export function createListRunner(numbers: () => NumbersConfig, limits: RunLimits): ListRunner {
  const { clock, longestMinutes, mostResultBytes } = limits;
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  return {
    async run({ file, folder, options, signal, onFound, onProgress }) {
      const workerData: WorkerStart = { file, folder, options, numbers: numbers(), mostResultBytes };
      const resourceLimits = { maxOldGenerationSizeMb: mostHeapMb };
      const worker = new Worker(new URL(`./worker${extension}`, import.meta.url), { workerData, resourceLimits });
      let stop = () => {};
      const timers: (() => void)[] = [];
      try {
        return await new Promise((resolve, reject) => {
          stop = () => {
            worker.postMessage({ type: "stop" } satisfies ToWorker);
            // Busy with one batch, it does not see the message.
            timers.push(clock.after(stopWithinMs, () => resolve(null)));
          };
          const tooLong = `cleaning it took longer than ${longestMinutes} minutes (scrubs.max_minutes); split the list, or check that it is one`;
          timers.push(clock.after(longestMinutes * 60_000, () => reject(new ListProblem(tooLong))));
          worker.on("message", (message: FromWorker) => {
            if (message.type === "found") onFound(message.found);
            else if (message.type === "progress") onProgress(message.progress);
            else if (message.type === "problem") reject(new ListProblem(message.problem));
            else resolve(message.summary);
          });
          worker.once("error", reject);
          worker.once("exit", (code) => reject(new Error(`the thread ended with ${code} before its work was done`)));
          if (signal.aborted) stop();
          else signal.addEventListener("abort", stop, { once: true });
        });
      } finally {
        signal.removeEventListener("abort", stop);
        for (const cancel of timers) cancel();
        await worker.terminate();
      }
    },
  };
}
