/** One step of the comparison: a side at one rate, with what it cost. */
import { cpuMs, residentBytes } from "./process-stats.ts";
import type { Side } from "./side.ts";

/** POST-to-ringing that a person still feels as at once. */
export const p99LimitMs = 100;

export interface Step {
  readonly ratePerSecond: number;
  readonly calls: number;
  readonly errors: number;
  readonly firstError: string | null;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly sideCpuMsPerCall: number;
  readonly asteriskCpuMsPerCall: number;
  readonly asteriskKeptBytesPerCall: number;
  readonly sideKeptBytesPerCall: number;
  /** No error, and p99 within the limit. */
  readonly held: boolean;
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.POSITIVE_INFINITY;
}

export async function step(
  side: Side,
  asteriskPid: number,
  ratePerSecond: number,
  durationMs: number,
  firstCallee: number,
): Promise<Step> {
  const before = {
    side: cpuMs(side.pid),
    asterisk: cpuMs(asteriskPid),
    kept: residentBytes(asteriskPid),
    own: residentBytes(side.pid),
  };
  const result = await side.run({ ratePerSecond, durationMs, firstCallee });
  const calls = Math.max(1, result.ringingMs.length);
  const sorted = [...result.ringingMs].sort((a, b) => a - b);
  const p99Ms = percentile(sorted, 0.99);
  return {
    ratePerSecond,
    calls: result.ringingMs.length,
    errors: result.errors,
    firstError: result.firstError,
    p50Ms: percentile(sorted, 0.5),
    p99Ms,
    sideCpuMsPerCall: (cpuMs(side.pid) - before.side) / calls,
    asteriskCpuMsPerCall: (cpuMs(asteriskPid) - before.asterisk) / calls,
    asteriskKeptBytesPerCall: (residentBytes(asteriskPid) - before.kept) / calls,
    sideKeptBytesPerCall: (residentBytes(side.pid) - before.own) / calls,
    held: result.errors === 0 && p99Ms <= p99LimitMs,
  };
}
