/**
 * The rest between two steps. A step that is too much for Asterisk leaves hundreds of calls behind that it works off when
 * the step is over, for seconds: they must not be held against the side that comes next.
 */
import { setTimeout as pause } from "node:timers/promises";
import { cpuMs } from "./process-stats.ts";

/** The gateway's calls ring for a moment, Asterisk hangs them up, sockets calm down. */
const leastMs = 1000;
const windowMs = 500;
/** Of one core. An Asterisk without calls takes 1 to 2 %. */
const calmShare = 0.05;
/** What is not calm by then is no echo of the step before. */
const mostMs = 30_000;

/** Resolves when Asterisk hardly works any more. */
export async function untilCalm(asteriskPid: number): Promise<void> {
  const giveUpAtMs = performance.now() + mostMs;
  await pause(leastMs);
  while (performance.now() < giveUpAtMs) {
    const before = { atMs: performance.now(), cpuMs: cpuMs(asteriskPid) };
    await pause(windowMs);
    if ((cpuMs(asteriskPid) - before.cpuMs) / (performance.now() - before.atMs) < calmShare) return;
  }
}
