/** CPU and memory of a running process, from Linux's /proc. */
import { readFileSync } from "node:fs";

/** Clock ticks a second; 100 on every Linux that Node runs on (USER_HZ). */
export const ticksPerSecond = 100;

/** CPU time, user and system, that a process has used so far. */
export function cpuMs(pid: number): number {
  // Fields 14 and 15 of proc(5), counted from after the command name.
  return statMs(pid, 11);
}

/** The same of its children that have ended. */
export function endedChildrenCpuMs(pid: number): number {
  return statMs(pid, 13);
}

/** @param first of two fields, user and system time */
function statMs(pid: number, first: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return ((Number(fields[first]) + Number(fields[first + 1])) * 1000) / ticksPerSecond;
}

/** The same of a process and its children, such as those that write records, or the gateways of a primary. */
export function cpuMsWithChildren(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + cpuMs(child), cpuMs(pid));
}

export function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number).filter(Boolean);
}

/** Resident memory of a process. */
export function residentBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}
