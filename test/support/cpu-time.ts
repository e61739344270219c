/** What work costs, apart from what else the machine does. */

/** CPU time that synchronous work took of this process, ms. */
export function cpuTimeMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
