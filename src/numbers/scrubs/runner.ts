/**
 * Cleans a list in a process of its own: its files and tables are read and written synchronously, and calls must not wait for
 * them. A thread would not do: V8 ends the whole process where a thread's heap is full.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../../shared/child-environment.ts";
import type { Clock } from "../../shared/clock.ts";
import type { NumbersConfig } from "../config.ts";
import { ListProblem, type ListRunner } from "./ports.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-messages.ts";

/** Ten times what a run takes: the tables of duplicates lie outside the heap, or on disk. */
const usualHeapMb = 512;
/** Calls and messages come first. */
const niceness = 10;
/** A batch and its journal take a tenth of a second; a process that takes longer is ended, and goes on from its journal. */
const stopWithinMs = 5000;

export interface RunLimits {
  readonly clock: Clock;
  /** Longest time of one run. */
  readonly longestMinutes: number;
  /** Largest sum of its results. */
  readonly mostResultBytes: number;
  /** In tests. */
  readonly mostHeapMb?: number;
}

/** @param numbers the policy that holds when a run begins */
export function createListRunner(numbers: () => NumbersConfig, limits: RunLimits): ListRunner {
  const { clock, longestMinutes, mostResultBytes, mostHeapMb = usualHeapMb } = limits;
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  return {
    async run({ file, folder, options, signal, onFound, onProgress }) {
      const start: WorkerStart = { file, folder, options, numbers: numbers(), mostResultBytes };
      const worker = fork(fileURLToPath(new URL(`./worker${extension}`, import.meta.url)), [], {
        ...{ env: childEnvironment(), execArgv: [`--max-old-space-size=${mostHeapMb}`] },
        stdio: ["ignore", "ignore", "ignore", "ipc"],
      });
      const send = (message: ToWorker) => void worker.send(message, () => undefined);
      let stop = () => {};
      const timers: (() => void)[] = [];
      try {
        return await new Promise((resolve, reject) => {
          stop = () => {
            send({ type: "stop" });
            // Busy with one batch, it does not see the message.
            timers.push(clock.after(stopWithinMs, () => resolve(null)));
          };
          const tooLong = `cleaning it took longer than ${longestMinutes} minutes (scrubs.max_minutes); split the list, or check that it is one`;
          timers.push(clock.after(longestMinutes * 60_000, () => reject(new ListProblem(tooLong))));
          worker.on("message", (message: FromWorker) => {
            if (message.type === "found") onFound(message.found);
            else if (message.type === "progress") onProgress(message.progress);
            else if (message.type === "problem") reject(new ListProblem(message.problem));
            else if (message.type === "fault") reject(new Error(message.why));
            else resolve(message.summary);
          });
          worker.once("error", reject);
          worker.once("exit", (code, killedBy) => reject(endedEarly(code, killedBy, mostHeapMb)));
          worker.once("spawn", () => lowerPriority(worker.pid));
          send({ type: "start", start });
          if (signal.aborted) stop();
          else signal.addEventListener("abort", stop, { once: true });
        });
      } finally {
        signal.removeEventListener("abort", stop);
        for (const cancel of timers) cancel();
        const isUp = worker.pid !== undefined && worker.exitCode === null && worker.signalCode === null;
        if (isUp && worker.kill("SIGKILL")) await once(worker, "exit");
      }
    },
  };
}

function endedEarly(code: number | null, killedBy: string | null, mostHeapMb: number): Error {
  // As V8 ends a process whose heap is full, by its build.
  if (killedBy === "SIGABRT" || killedBy === "SIGTRAP") {
    return new ListProblem(`cleaning it needs more memory than it may have (${mostHeapMb} MB); split the list`);
  }
  return new Error(`the process ended with ${killedBy ?? code} before its work was done`);
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // It ended already.
  }
}
