/**
 * The pause between two steps. A step that is too much for Asterisk leaves calls behind that it works off when the step is
 * over: they must not count against the side that comes next.
 */
import { setTimeout as pause } from "node:timers/promises";
import { cpuMs } from "./process-stats.ts";

/** Asterisk hangs up the last calls, and sockets close. */
const leastMs = 1000;
const windowMs = 500;
/** Of one core; more than an Asterisk without calls takes. */
const calmShare = 0.05;
/** What still works by then does so for another reason than the step before. */
const mostMs = 30_000;

/** Resolves when Asterisk hardly uses CPU any more, or after 30 s. */
export async function untilCalm(asteriskPid: number): Promise<void> {
  const giveUpAtMs = performance.now() + mostMs;
  await pause(leastMs);
  while (performance.now() < giveUpAtMs) {
    const before = { atMs: performance.now(), cpuMs: cpuMs(asteriskPid) };
    await pause(windowMs);
    if ((cpuMs(asteriskPid) - before.cpuMs) / (performance.now() - before.atMs) < calmShare) return;
  }
}
