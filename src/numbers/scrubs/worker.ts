/** The process that cleans one list. */
import { rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { lockName } from "../cleaning/files/folder.ts";
import { finishedSummary, type ListOptions, type OpenList, openList } from "../cleaning/files/list.ts";
import { FolderInUseError, ListError, OtherRunError } from "../cleaning/files/list-error.ts";
import { readPolicy } from "../cleaning/policy.ts";
import { useConfiguredMetadata } from "../metadata-file.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-messages.ts";

const abort = new AbortController();
const progressEveryMs = 500;
/** Names of columns and sheets come from the list. */
const mostProblemChars = 2000;
const mostNameChars = 200;
/** The process of a gateway that was killed ends with it, but for a batch that it is busy with. */
const otherEndsWithinMs = 10_000;
const lookAgainMs = 250;

const send = (message: FromWorker) => void process.send?.(message, undefined, undefined, () => undefined);

// Those of a terminal or a service manager go to all processes: the gateway decides when this one stops.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit());
process.on("message", (message: ToWorker) => {
  if (message.type === "stop") return abort.abort();
  void begin(message.start);
});

async function begin(start: WorkerStart): Promise<void> {
  try {
    await clean(start);
  } catch (error) {
    if (error instanceof ListError) send({ type: "problem", problem: inWordsOfTheApi(error.message, start) });
    else send({ type: "fault", why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

async function clean(start: WorkerStart): Promise<void> {
  const { file, folder, options, numbers, mostResultBytes } = start;
  // It reads numbers by the same plans as the gateway.
  useConfiguredMetadata(numbers.metadata_file);
  // The gateway was killed before it saved that this run had finished.
  const before = await finishedSummary(folder);
  if (before !== null) return send({ type: "ended", summary: before });
  const policy = readPolicy(numbers, options.country, options.keepLandlines);
  if ("wrong" in policy) return send({ type: "problem", problem: inWordsOfTheApi(policy.wrong, start) });
  const { column, format, header } = options;
  const list = await openAlone({
    ...{ file, folder, column, format, header, policy },
    ...{ encoding: null, delimiter: null, sheet: null, resume: "auto", threads: 0, mostResultBytes },
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

/** The gateway runs one process a list, so what holds its folder is one of a gateway that was killed. */
async function openAlone(asked: ListOptions): Promise<OpenList> {
  for (let waitedMs = 0; ; waitedMs += lookAgainMs) {
    try {
      return await openList(asked);
    } catch (error) {
      // The gateway was updated, or has another policy since: all rows are judged alike.
      if (error instanceof OtherRunError) return openList({ ...asked, resume: "never" });
      if (!(error instanceof FolderInUseError)) throw error;
      if (waitedMs >= otherEndsWithinMs) await rm(path.join(asked.folder, lockName), { force: true });
      await wait(lookAgainMs);
    }
  }
}

/** Messages are written for the command line: an option is a field here, and paths are nobody's business. */
function inWordsOfTheApi(message: string, { file, folder }: WorkerStart): string {
  return message
    .replaceAll(file, "the list")
    .replaceAll(folder, "the results")
    .replace(/--([a-z][a-z-]*)/g, (_option, name: string) => `\`${name.replaceAll("-", "_")}\``)
    .slice(0, mostProblemChars);
}
