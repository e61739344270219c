/**
 * The pause between two steps. A step that is too much for Asterisk leaves calls behind that it works off when the step is
 * over: they must not count against the side that comes next.
 */
import { setTimeout as pause } from "node:timers/promises";
import { cpuMs } from "./process-stats.ts";

/** The last calls are hung up, and sockets close. */
const leastMs = 1000;
const windowMs = 500;
/** Of one core; more than an Asterisk without calls takes. */
const calmShare = 0.05;
/** What still works by then does so for another reason than the step before. */
const mostMs = 30_000;

/** Resolves when these processes hardly use CPU any more, or after 30 s. */
export async function untilCalm(pids: readonly number[]): Promise<void> {
  const usedMs = () => pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
  const giveUpAtMs = performance.now() + mostMs;
  await pause(leastMs);
  while (performance.now() < giveUpAtMs) {
    const before = { atMs: performance.now(), cpuMs: usedMs() };
    await pause(windowMs);
    if ((usedMs() - before.cpuMs) / (performance.now() - before.atMs) < calmShare) return;
  }
}
