/** One step of the comparison: a side at one rate, with what it cost. */
import { setTimeout as pause } from "node:timers/promises";
import { ringMs } from "../support/gateway-config.ts";
import { childrenOf, cpuMs, cpuMsWithChildren, residentBytes } from "../support/process-stats.ts";
import type { RunCommand, RunResult } from "./protocol.ts";
import type { Ring, RingLog } from "./ring-log.ts";
import type { Side } from "./side.ts";

/** POST-to-ringing that a person still feels as at once; and how much longer than configured a phone may ring. */
export const p99LimitMs = 100;
/** Longest wait for the phones of a run to ring and be canceled, on top of the ring time. */
const settleMs = 5000;

export interface Step {
  readonly ratePerSecond: number;
  readonly calls: number;
  readonly errors: number;
  readonly firstError: string | null;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How much longer than the ring time the phones rang. */
  readonly overrunP99Ms: number;
  readonly sideCpuMsPerCall: number;
  /** null: the side has no Redis. */
  readonly redisCpuMsPerCall: number | null;
  readonly asteriskCpuMsPerCall: number;
  readonly carrierCpuMsPerCall: number;
  /** Of this process, which is the load of the gateways. */
  readonly loadCpuMsPerCall: number;
  readonly asteriskKeptBytesPerCall: number;
  readonly sideKeptBytesPerCall: number;
  /** No error, and both p99 within the limit. */
  readonly held: boolean;
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.POSITIVE_INFINITY;
}

/** The parts that all sides share. */
export interface Shared {
  readonly asteriskPid: number;
  readonly carrierPid: number;
  readonly ringLog: RingLog;
}

export async function step(side: Side, shared: Shared, command: RunCommand): Promise<Step> {
  const { asteriskPid, carrierPid, ringLog } = shared;
  await ringLog.forget();
  const used = () => ({
    side: cpuMsWithChildren(side.pid),
    redis: side.redisPid === null ? null : cpuMs(side.redisPid),
    asterisk: cpuMs(asteriskPid),
    carrier: cpuMs(carrierPid),
    load: cpuMs(process.pid),
    kept: residentBytes(asteriskPid),
    own: [side.pid, ...childrenOf(side.pid)].reduce((sum, pid) => sum + residentBytes(pid), 0),
  });
  const before = used();
  const result = await side.run(command);
  const rings = await untilCanceled(ringLog, result);
  const after = used();
  const { delays, overruns, missing } = matched(result, rings);
  const calls = Math.max(1, delays.length);
  const errors = result.offered - delays.length;
  const p99Ms = percentile(delays, 0.99);
  const overrunP99Ms = percentile(overruns, 0.99);
  return {
    ratePerSecond: command.ratePerSecond,
    calls: delays.length,
    errors,
    firstError: result.firstError ?? (missing === 0 ? null : `${missing} accepted calls did not ring or ring on`),
    p50Ms: percentile(delays, 0.5),
    p99Ms,
    overrunP99Ms,
    sideCpuMsPerCall: (after.side - before.side) / calls,
    redisCpuMsPerCall: before.redis === null ? null : ((after.redis ?? 0) - before.redis) / calls,
    asteriskCpuMsPerCall: (after.asterisk - before.asterisk) / calls,
    carrierCpuMsPerCall: (after.carrier - before.carrier) / calls,
    loadCpuMsPerCall: (after.load - before.load) / calls,
    asteriskKeptBytesPerCall: (after.kept - before.kept) / calls,
    sideKeptBytesPerCall: (after.own - before.own) / calls,
    held: errors === 0 && p99Ms <= p99LimitMs && overrunP99Ms <= p99LimitMs,
  };
}

async function untilCanceled(ringLog: RingLog, { placed }: RunResult): Promise<ReadonlyMap<string, Ring>> {
  const giveUpAtMs = performance.now() + ringMs + settleMs;
  for (;;) {
    const rings = await ringLog.read();
    const done = placed.every(([callee]) => (rings.get(callee)?.canceledAtMs ?? null) !== null);
    if (done || performance.now() > giveUpAtMs) return rings;
    await pause(50);
  }
}

/** Rising figures of the calls that rang and were canceled, and how many of the accepted calls did not. */
export function matched({ placed }: RunResult, rings: ReadonlyMap<string, Ring>) {
  const delays: number[] = [];
  const overruns: number[] = [];
  for (const [callee, atMs] of placed) {
    const ring = rings.get(callee);
    if (ring === undefined || ring.canceledAtMs === null) continue;
    delays.push(ring.rangAtMs - atMs);
    overruns.push(ring.canceledAtMs - ring.rangAtMs - ringMs);
  }
  const rising = (a: number, b: number) => a - b;
  return { delays: delays.sort(rising), overruns: overruns.sort(rising), missing: placed.length - delays.length };
}
