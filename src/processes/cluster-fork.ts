/** Forks with `node:cluster`: the primary accepts HTTP connections and deals them out in turn (docs/adr/0080). */
import cluster from "node:cluster";
import type { FromProcess } from "./messages.ts";
import type { ForkEvents, Forked } from "./primary.ts";

/** A program that it had started may hold its channel open. */
const lastMessagesMs = 1000;

/**
 * @param script what each process runs, with `args` and then its index as arguments
 * @returns how one is forked
 */
export function clusterFork(script: string, args: readonly string[]) {
  // Left to the environment (NODE_CLUSTER_SCHED_POLICY), processes would race for connections, and one of them get most.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  return (index: number, events: ForkEvents): Forked => {
    cluster.setupPrimary({ exec: script, args: [...args, String(index)] });
    const worker = cluster.fork();
    worker.on("message", (message: FromProcess) => events.message(message));
    // Its last message may be read after it is known to have ended, and before its channel is.
    const disconnected = new Promise<void>((resolve) => worker.once("disconnect", () => resolve()));
    worker.once("exit", (code: number, signal: string | null) => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, lastMessagesMs).unref());
      void Promise.race([disconnected, late]).then(() => events.exited(signal === null ? code : null, signal));
    });
    let failed = false;
    worker.on("error", (error) => {
      // Else of a message to one that has just ended.
      if (worker.process.pid !== undefined || failed) return;
      failed = true;
      // The machine has no process or file descriptor for it: nothing else is heard of it.
      events.message({ type: "failed", why: error.message });
      events.exited(null, null);
    });
    return {
      pid: worker.process.pid ?? 0,
      send(message) {
        if (worker.isConnected()) worker.send(message, () => undefined);
      },
      kill: () => void worker.process.kill("SIGKILL"),
    };
  };
}
