/** What work costs, apart from what else the machine does. */

const mostRuns = 3;

/** CPU time that synchronous work took of this process, ms. */
export function cpuTimeMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * The same of work that may be repeated: where it took longer than the bound it is done again, twice at most, since garbage that
 * others left in this process may have been collected meanwhile. @returns the least
 */
export function leastCpuTimeMs(boundMs: number, work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < mostRuns && least >= boundMs; run++) least = Math.min(least, cpuTimeMs(work));
  return least;
}
