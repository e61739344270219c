/**
 * Which cores the parts of the rig run on. `shared`: all of them on all cores, so that whatever the gateway takes is
 * missing to Asterisk. `apart`: Asterisk and its carrier have one half of the cores, gateway, Redis and load the other,
 * as on two machines; the figure is then the rate of whichever half is the slower.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export type Arrangement = "shared" | "apart";

export interface Parts {
  /** Asterisk and the carrier. */
  readonly telephonyPids: readonly number[];
  /** Everything else. */
  readonly gatewayPids: readonly number[];
}

const run = promisify(execFile);
const tasksetDeadlineMs = 5000;

/** Moves every thread of every part; those that start later go where their process is. @throws without util-linux. */
export async function arrange(arrangement: Arrangement, { telephonyPids, gatewayPids }: Parts): Promise<void> {
  const cores = await coresOfThisProcess;
  const half = Math.ceil(cores.length / 2);
  const apart = arrangement === "apart";
  if (apart && cores.length < 2) throw new Error("one core cannot be shared out");
  for (const pid of telephonyPids) await pin(pid, apart ? cores.slice(0, half) : cores);
  for (const pid of gatewayPids) await pin(pid, apart ? cores.slice(half) : cores);
}

/** Before any of it was moved. A container may have cores 4 and 7 alone. */
const coresOfThisProcess = run("taskset", ["-p", "-c", String(process.pid)], { timeout: tasksetDeadlineMs }).then(
  ({ stdout }) => {
    // "pid 12's current affinity list: 0,4-7"
    return (/: ([\d,-]+)/.exec(stdout)?.[1] ?? "").split(",").flatMap((part) => {
      const [first = 0, last = first] = part.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  },
);

/** A thread that ends while its process is gone through makes taskset give up; then once more. */
async function pin(pid: number, cores: readonly number[], triesLeft = 5): Promise<void> {
  try {
    await run("taskset", ["-a", "-p", "-c", cores.join(","), String(pid)], { timeout: tasksetDeadlineMs });
  } catch (error) {
    if (triesLeft === 0) throw error;
    await pin(pid, cores, triesLeft - 1);
  }
}
