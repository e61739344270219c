/**
 * calls: the whole gateway against two bare loops that only originate and hang up at ringing, over ARI HTTP with
 * keep-alive and with REST over a WebSocket; all against the same Asterisk and the same SIPp carrier. The rate rises
 * until p99 of POST-to-ringing passes the limit or a call fails; the highest rate that held is the figure.
 */
import { median, ratioOf } from "../support/alternate.ts";
import type { BenchOptions, BenchResult } from "../support/report.ts";
import { p99LimitMs, type Step, step } from "./measure.ts";
import { startRig } from "./rig.ts";
import { type Side, type SideName, sideNames } from "./side.ts";

/** Rising. A side that held neither of two rates, one after the other, is not asked for more in that round. */
const ladderCps = [200, 500, 600, 700, 750, 800, 850, 900, 1000, 1100, 1200, 1400];
const stepMs = 4000;
const rounds = 3;
/** One slow call in a hundred fails a step, and a busy neighbour is enough for that: a rate holds if one try does. */
const triesAtRate = 3;
const failuresThatEnd = 2;
/** Compilers and connections warm up on calls that do not count: after half as many a call still costs a third more. */
const warmup = { cps: 400, ms: 15_000 };
/** Between steps: the gateway's calls ring for a second, Asterisk hangs them up, sockets calm down. */
const restMs = 1500;
/** Where CPU and memory a call are compared: rates that all sides hold, of a machine at leisure and of a busy one. */
const referencesCps = [200, 500];

interface Climb {
  readonly side: Side;
  readonly steps: Step[];
  heldCps: number;
  failures: number;
}

export async function runCalls({ progress }: BenchOptions): Promise<BenchResult> {
  const rig = await startRig(progress);
  try {
    const samples = perSide<number[]>(() => []);
    const steps = perSide<Step[]>(() => []);
    const sides = sideNames.map((name) => rig.sides[name]);
    let firstCallee = 0;
    for (const side of sides) {
      const warm = await step(side, rig.asteriskPid(), warmup.cps, warmup.ms, firstCallee);
      firstCallee += warm.calls + warm.errors;
      progress(`warm-up of ${side.name}: ${warm.calls} calls, ${warm.errors} errors`);
    }
    for (let round = 0; round < rounds; round++) {
      const climbs = sides.map((side): Climb => ({ side, steps: [], heldCps: 0, failures: 0 }));
      for (const [index, cps] of ladderCps.entries()) {
        // The order turns, so that no side always follows the other.
        const first = (round + index) % climbs.length;
        const order = [...climbs.slice(first), ...climbs.slice(0, first)];
        for (const climb of order) {
          if (climb.failures >= failuresThatEnd) continue;
          for (let attempt = 0; attempt < triesAtRate; attempt++) {
            const measured = await step(climb.side, rig.asteriskPid(), cps, stepMs, firstCallee);
            firstCallee += measured.calls + measured.errors;
            climb.steps.push(measured);
            progress(line(round, climb.side.name, measured));
            await new Promise((resolve) => setTimeout(resolve, restMs));
            if (measured.held) {
              climb.heldCps = cps;
              climb.failures = 0;
              break;
            }
            if (attempt === triesAtRate - 1) climb.failures++;
          }
        }
        if (climbs.every((climb) => climb.failures >= failuresThatEnd)) break;
      }
      for (const climb of climbs) {
        samples[climb.side.name].push(climb.heldCps);
        steps[climb.side.name].push(...climb.steps);
      }
    }
    const medians = perSide((name) => median(samples[name]));
    const { ratio, ratioLow, ratioHigh } = ratioOf({ medians, samples }, "ours", "bare_http");
    const overWebSocket = ratioOf({ medians, samples }, "ours", "bare_websocket");
    return {
      name: "calls",
      ratio,
      ratio_low: ratioLow,
      ratio_high: ratioHigh,
      ratio_to_bare_websocket: overWebSocket.ratio,
      ratio_to_bare_websocket_low: overWebSocket.ratioLow,
      ratio_to_bare_websocket_high: overWebSocket.ratioHigh,
      ours: medians.ours,
      bare: medians.bare_http,
      bare_websocket: medians.bare_websocket,
      unit: `calls/s held with p99 of POST-to-ringing ≤ ${p99LimitMs} ms and no error`,
      rounds: samples,
      at_reference: Object.fromEntries(
        referencesCps.map((cps) => [`${cps} calls/s`, perSide((name) => atRate(steps[name], cps))]),
      ),
      asterisk_version: rig.asteriskVersion,
      carrier: "SIPp over TCP on loopback",
    };
  } finally {
    await rig.stop();
  }
}

function perSide<T>(figure: (name: SideName) => T): Record<SideName, T> {
  return Object.fromEntries(sideNames.map((name) => [name, figure(name)])) as Record<SideName, T>;
}

function atRate(steps: readonly Step[], cps: number) {
  const at = steps.filter((one) => one.ratePerSecond === cps && one.held);
  const middle = (figure: (one: Step) => number) => (at.length === 0 ? null : median(at.map(figure)));
  return {
    p50_ms: middle((one) => one.p50Ms),
    p99_ms: middle((one) => one.p99Ms),
    gateway_cpu_ms_per_call: middle((one) => one.sideCpuMsPerCall),
    asterisk_cpu_ms_per_call: middle((one) => one.asteriskCpuMsPerCall),
    asterisk_kept_bytes_per_call: middle((one) => one.asteriskKeptBytesPerCall),
    gateway_kept_bytes_per_call: middle((one) => one.sideKeptBytesPerCall),
  };
}

function line(round: number, name: string, measured: Step): string {
  const { ratePerSecond, p50Ms, p99Ms, errors, sideCpuMsPerCall, asteriskCpuMsPerCall, held, firstError } = measured;
  return (
    `round ${round + 1}  ${name.padEnd(14)} ${String(ratePerSecond).padStart(3)} calls/s  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  ` +
    `errors ${errors}  CPU a call ${sideCpuMsPerCall.toFixed(2)} + Asterisk ${asteriskCpuMsPerCall.toFixed(2)} ms  ` +
    `${held ? "held" : "not held"}${firstError === null ? "" : ` (${firstError.slice(0, 120)})`}`
  );
}
