/** How much of the machine other programs took while a bench ran: its figures are worth little beside a busy neighbour. */
import { readFileSync } from "node:fs";
import { cpuMs, cpuMsWithChildren, endedChildrenCpuMs, ticksPerSecond } from "./process-stats.ts";

/** Beyond what a machine that does nothing else needs for itself. */
const quietPercent = 5;

/** @returns `percent`, of all cores since now; `pids` are processes that the bench started since, running still */
export function watchForeignLoad(): { percent(pids: readonly number[]): number } {
  const before = machineMs();
  const own = () => cpuMs(process.pid) + endedChildrenCpuMs(process.pid);
  const ownBefore = own();
  return {
    percent(pids) {
      const after = machineMs();
      // The others were started meanwhile.
      const ownMs = pids.reduce((sum, pid) => sum + cpuMsWithChildren(pid), own() - ownBefore);
      const foreignMs = after.busy - before.busy - ownMs;
      return Math.max(0, (100 * foreignMs) / (after.total - before.total));
    },
  };
}

/** A line for the one who runs the bench; null on a quiet machine. */
export function foreignLoadWarning(percent: number): string | null {
  if (percent <= quietPercent) return null;
  return `WARNING: other programs took ${percent.toFixed(0)} % of this machine's CPU meanwhile; run it again on a quiet machine`;
}

/** CPU time of all cores since boot, from the first line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal. */
function machineMs(): { total: number; busy: number } {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, iowait = 0] = ticks;
  const total = ticks.reduce((sum, one) => sum + one, 0);
  return { total: (total * 1000) / ticksPerSecond, busy: ((total - idle - iowait) * 1000) / ticksPerSecond };
}
