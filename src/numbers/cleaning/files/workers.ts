/** Judges batches on worker threads, or on this one. */
import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { JudgedBatch, Layout, TextBatch } from "./batch.ts";
import { createBatchJudge } from "./judge-batch.ts";

export interface BatchJudges {
  judge(batch: TextBatch): Promise<JudgedBatch>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (judged: JudgedBatch) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Bounds what a thread's garbage takes. Below 128 MB V8 also lets the old generation grow slowly: two threads and a million
 * rows took 223 MB without that bound, 186 with it.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 96 };
/**
 * MB; V8 takes no more than the young generation above has room for. Threads begin with all of it: with V8's first size, 1 MB, they
 * collected garbage for a fifth of their time.
 */
const semiSpaceMb = 8;

/** @param threads 0: on this thread */
export function createBatchJudges(layout: Layout, threads: number): BatchJudges {
  if (threads === 0) {
    const judge = createBatchJudge(layout);
    return { judge: async (batch) => judge(batch), close: async () => undefined };
  }
  setFlagsFromString(`--min-semi-space-size=${semiSpaceMb}`);
  const workers = Array.from({ length: threads }, () => startWorker(layout));
  return {
    judge(batch) {
      const least = workers.reduce((a, b) => (b.load() < a.load() ? b : a));
      return least.judge(batch);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

function startWorker(layout: Layout) {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const worker = new Worker(new URL(`./worker${extension}`, import.meta.url), {
    workerData: layout,
    resourceLimits,
  });
  // Answers come in the order of the batches.
  const waiting: Waiting[] = [];
  let failure: Error | null = null;
  const fail = (error: Error) => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on("message", (judged: JudgedBatch) => waiting.shift()?.resolve(judged));
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("a worker thread ended before its work was done")));
  return {
    load: () => waiting.length,
    judge(batch: TextBatch): Promise<JudgedBatch> {
      // What is posted to a thread that has ended is lost.
      if (failure !== null) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(batch, [batch.bytes.buffer]);
      });
    },
    async close() {
      const ended = once(worker, "exit");
      await worker.terminate();
      await ended.catch(() => undefined);
    },
  };
}
