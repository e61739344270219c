/**
 * calls: the whole gateway against a bare loop that only originates over ARI HTTP with keep-alive and hangs up at
 * ringing; both against the same Asterisk and the same SIPp carrier. The rate rises until p99 of POST-to-ringing passes
 * the limit or a call fails; the highest rate that held is the figure.
 */
import { median, ratioOf } from "../support/alternate.ts";
import type { BenchOptions, BenchResult } from "../support/report.ts";
import { p99LimitMs, type Step, step } from "./measure.ts";
import { startRig } from "./rig.ts";
import type { Side } from "./side.ts";

/** Rising. A side that held neither of two rates, one after the other, is not asked for more in that round. */
const ladderCps = [50, 100, 200, 300, 400, 450, 500, 550, 600, 650, 700, 800, 900, 1000];
const stepMs = 4000;
const rounds = 3;
/** One slow call in a hundred fails a step, and a busy neighbour is enough for that: a rate holds if one try does. */
const triesAtRate = 3;
const failuresThatEnd = 2;
/** Compilers and connections warm up on calls that do not count. */
const warmup = { cps: 200, ms: 8000 };
/** Between steps: the gateway's calls ring for a second, Asterisk hangs them up, sockets calm down. */
const restMs = 1500;
/** Where CPU and memory a call are compared: a rate that both sides hold. */
const referenceCps = 200;

interface Climb {
  readonly side: Side;
  readonly steps: Step[];
  heldCps: number;
  failures: number;
}

export async function runCalls({ progress }: BenchOptions): Promise<BenchResult> {
  const rig = await startRig(progress);
  try {
    const samples = { ours: [] as number[], bare: [] as number[] };
    const steps = { ours: [] as Step[], bare: [] as Step[] };
    let firstCallee = 0;
    for (const side of [rig.ours, rig.bare]) {
      const warm = await step(side, rig.asteriskPid(), warmup.cps, warmup.ms, firstCallee);
      firstCallee += warm.calls + warm.errors;
      progress(`warm-up of ${side.name}: ${warm.calls} calls, ${warm.errors} errors`);
    }
    for (let round = 0; round < rounds; round++) {
      const climbs = [rig.ours, rig.bare].map((side): Climb => ({ side, steps: [], heldCps: 0, failures: 0 }));
      for (const [index, cps] of ladderCps.entries()) {
        // The order turns, so that no side always follows the other.
        const order = (round + index) % 2 === 0 ? climbs : [...climbs].reverse();
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
    const medians = { ours: median(samples.ours), bare: median(samples.bare) };
    const { ratio, ratioLow, ratioHigh } = ratioOf({ medians, samples }, "ours", "bare");
    return {
      name: "calls",
      ratio,
      ratio_low: ratioLow,
      ratio_high: ratioHigh,
      ours: medians.ours,
      bare: medians.bare,
      unit: `calls/s held with p99 of POST-to-ringing ≤ ${p99LimitMs} ms and no error`,
      rounds: samples,
      reference_cps: referenceCps,
      ours_at_reference: atReference(steps.ours),
      bare_at_reference: atReference(steps.bare),
      asterisk_version: rig.asteriskVersion,
      carrier: "SIPp over UDP on loopback",
    };
  } finally {
    await rig.stop();
  }
}

function atReference(steps: readonly Step[]) {
  const at = steps.filter((one) => one.ratePerSecond === referenceCps && one.held);
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
    `round ${round + 1}  ${name.padEnd(4)} ${String(ratePerSecond).padStart(3)} calls/s  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  ` +
    `errors ${errors}  CPU a call ${sideCpuMsPerCall.toFixed(2)} + Asterisk ${asteriskCpuMsPerCall.toFixed(2)} ms  ` +
    `${held ? "held" : "not held"}${firstError === null ? "" : ` (${firstError.slice(0, 120)})`}`
  );
}
