/**
 * Which cores the parts of the rig run on. `shared`: all of them on all cores, so that CPU that the gateway uses is
 * not there for Asterisk. `apart`: Asterisk and its carrier have one half of the cores, gateway, Redis and load the other,
 * as on two machines; the figure is then the rate of whichever half is the slower.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export type Arrangement = "shared" | "apart";

export interface Halves {
  /** Asterisk and the carrier. */
  readonly telephonyPids: readonly number[];
  /** Everything else. */
  readonly gatewayPids: readonly number[];
}

const run = promisify(execFile);
const tasksetDeadlineMs = 5000;

/** Moves every thread of every part; those that start later inherit it. @throws without `taskset` (util-linux) */
export async function arrange(arrangement: Arrangement, { telephonyPids, gatewayPids }: Halves): Promise<void> {
  const cores = await coresOfThisProcess;
  const half = Math.ceil(cores.length / 2);
  const apart = arrangement === "apart";
  if (apart && cores.length < 2) throw new Error("arrangement apart: this machine has 1 core, 2 are needed");
  for (const pid of telephonyPids) await pin(pid, apart ? cores.slice(0, half) : cores);
  for (const pid of gatewayPids) await pin(pid, apart ? cores.slice(half) : cores);
}

/** As they were at the start. A container may have cores 4 and 7 alone. */
const coresOfThisProcess = run("taskset", ["-p", "-c", String(process.pid)], { timeout: tasksetDeadlineMs }).then(
  ({ stdout }) => {
    // "pid 12's current affinity list: 0,4-7"
    return (/: ([\d,-]+)/.exec(stdout)?.[1] ?? "").split(",").flatMap((part) => {
      const [first = 0, last = first] = part.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  },
);

/** taskset fails where a thread ends while it lists them; then it is tried again. */
async function pin(pid: number, cores: readonly number[], triesLeft = 5): Promise<void> {
  try {
    await run("taskset", ["-a", "-p", "-c", cores.join(","), String(pid)], { timeout: tasksetDeadlineMs });
  } catch (error) {
    if (triesLeft === 0) throw error;
    await pin(pid, cores, triesLeft - 1);
  }
}
