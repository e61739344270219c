/** A worker thread: judges the batches that it gets. */
import { parentPort, workerData } from "node:worker_threads";
import { useConfiguredMetadata } from "../../metadata-file.ts";
import type { Layout, TextBatch } from "./batch.ts";
import { createBatchJudge } from "./judge-batch.ts";

const layout = workerData as Layout;
// Each thread has numbering plans of its own.
useConfiguredMetadata(layout.policy.numbers.metadata_file);
const judge = createBatchJudge(layout);

parentPort?.on("message", (batch: TextBatch) => {
  const judged = judge(batch);
  parentPort?.postMessage(judged, [judged.keys.buffer, judged.ends.buffer, judged.group.buffer] as ArrayBuffer[]);
});
