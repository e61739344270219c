/** Cleans a list on a thread of its own: its files and tables are read and written synchronously, and calls must not wait for them. */
import { Worker } from "node:worker_threads";
import type { NumbersConfig } from "../config.ts";
import { ListProblem, type ListRunner } from "./ports.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-messages.ts";

/** Ten times what a run takes: the tables of duplicates lie outside the heap, or on disk. */
const mostHeapMb = 512;

/** @param numbers the policy that holds when a run begins */
export function createListRunner(numbers: () => NumbersConfig): ListRunner {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  return {
    async run({ file, folder, options, signal, onFound, onProgress }) {
      const workerData: WorkerStart = { file, folder, options, numbers: numbers() };
      const resourceLimits = { maxOldGenerationSizeMb: mostHeapMb };
      const worker = new Worker(new URL(`./worker${extension}`, import.meta.url), { workerData, resourceLimits });
      const stop = () => worker.postMessage({ type: "stop" } satisfies ToWorker);
      try {
        return await new Promise((resolve, reject) => {
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
        await worker.terminate();
      }
    },
  };
}
