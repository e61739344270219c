/** The thread that cleans one list. */
import { parentPort, workerData } from "node:worker_threads";
import { finishedSummary, openList } from "../cleaning/files/list.ts";
import { ListError, OtherRunError } from "../cleaning/files/list-error.ts";
import { readPolicy } from "../cleaning/policy.ts";
import { useConfiguredMetadata } from "../metadata-file.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-messages.ts";

const { file, folder, options, numbers, mostResultBytes } = workerData as WorkerStart;
const send = (message: FromWorker) => parentPort?.postMessage(message);
const abort = new AbortController();
const progressEveryMs = 500;
/** Names of columns and sheets come from the list. */
const mostProblemChars = 2000;
const mostNameChars = 200;

parentPort?.on("message", ({ type }: ToWorker) => {
  if (type === "stop") abort.abort();
});

try {
  await clean();
} catch (error) {
  if (!(error instanceof ListError)) throw error;
  send({ type: "problem", problem: inWordsOfTheApi(error.message) });
}

async function clean(): Promise<void> {
  // A thread has modules of its own: it reads numbers by the same plans as the gateway.
  useConfiguredMetadata(numbers.metadata_file);
  // The gateway was killed before it saved that this run had finished.
  const before = await finishedSummary(folder);
  if (before !== null) return send({ type: "ended", summary: before });
  const policy = readPolicy(numbers, options.country, options.keepLandlines);
  if ("wrong" in policy) return send({ type: "problem", problem: inWordsOfTheApi(policy.wrong) });
  const { column, format, header } = options;
  const asked = {
    ...{ file, folder, column, format, header, policy },
    ...{ encoding: null, delimiter: null, sheet: null, threads: 0, mostResultBytes },
  };
  const list = await openList({ ...asked, resume: "auto" }).catch((error) => {
    if (!(error instanceof OtherRunError)) throw error;
    // The gateway was updated, or has another policy since: all rows are judged alike.
    return openList({ ...asked, resume: "never" });
  });
  const { total, column: foundColumn, country, format: foundFormat, header: foundHeader } = list.plan;
  send({
    type: "found",
    found: {
      format: foundFormat,
      header: foundHeader,
      column: { ...foundColumn, name: foundColumn.name.slice(0, mostNameChars) },
      country,
    },
  });
  let sentAtMs = performance.now();
  const { finished, summary } = await list.run({
    signal: abort.signal,
    onProgress({ rows, position }) {
      if (performance.now() - sentAtMs < progressEveryMs) return;
      sentAtMs = performance.now();
      send({ type: "progress", progress: { rows, share: total ? Math.min(1, position / total) : null } });
    },
  });
  send({ type: "ended", summary: finished ? summary : null });
}

/** Messages are written for the command line: an option is a field here, and paths of the server are left out. */
function inWordsOfTheApi(message: string): string {
  return message
    .replaceAll(file, "the list")
    .replaceAll(folder, "the results")
    .replace(/--([a-z][a-z-]*)/g, (_option, name: string) => `\`${name.replaceAll("-", "_")}\``)
    .slice(0, mostProblemChars);
}
