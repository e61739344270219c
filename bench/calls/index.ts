/**
 * calls: the whole gateway against two bare loops that only originate and hang up at ringing, over ARI HTTP with
 * keep-alive and with REST over a WebSocket; all against the same Asterisk and the same SIPp carrier. The rate rises
 * until p99 of POST-to-ringing passes the limit or a call fails; the highest rate that held is the figure. Measured with
 * all of them on the same cores, and with Asterisk on cores of its own.
 */
import { availableParallelism } from "node:os";
import { median, ratioOf } from "../support/alternate.ts";
import type { BenchOptions, BenchResult } from "../support/report.ts";
import { type Arrangement, arrange } from "./arrangement.ts";
import { type Climber, createClimber } from "./climb.ts";
import { p99LimitMs, type Step } from "./measure.ts";
import { type Rig, startRig } from "./rig.ts";
import { type SideName, sideNames } from "./side.ts";

const rounds = 3;
/** Where CPU and memory a call are compared: rates that all sides hold, of a machine at leisure and of a busy one. */
const referencesCps = [200, 500];
const ladderCps = [700, 800, 850, 900, 950, 1000, 1050, 1100, 1200, 1300, 1400, 1500];

/** The figures of one arrangement, a list with one of each round. */
interface Measured {
  readonly samples: Record<SideName, number[]>;
  readonly steps: Record<SideName, Step[]>;
}

export async function runCalls({ progress }: BenchOptions): Promise<BenchResult> {
  const rig = await startRig(progress);
  try {
    const climber = createClimber(rig, progress);
    await climber.warmUp();
    const shared = await measure(rig, climber, "shared", [...referencesCps, ...ladderCps], progress);
    const apart =
      availableParallelism() < 2 ? null : await measure(rig, climber, "apart", [500, ...ladderCps.slice(1)], progress);
    return {
      name: "calls",
      ...compared(shared),
      unit: `calls/s held with p99 of POST-to-ringing ≤ ${p99LimitMs} ms and no error`,
      at_reference: Object.fromEntries(
        referencesCps.map((cps) => [`${cps} calls/s`, perSide((name) => atRate(shared.steps[name], cps))]),
      ),
      asterisk_on_cores_of_its_own: apart && compared(apart),
      asterisk_version: rig.asteriskVersion,
      carrier: "SIPp over TCP on loopback",
    };
  } finally {
    await rig.stop();
  }
}

async function measure(
  rig: Rig,
  climber: Climber,
  arrangement: Arrangement,
  rates: readonly number[],
  progress: (line: string) => void,
): Promise<Measured> {
  await arrange(arrangement, rig.parts);
  progress(`cores: ${arrangement}`);
  const measured: Measured = { samples: perSide(() => []), steps: perSide(() => []) };
  for (let round = 0; round < rounds; round++) {
    for (const { side, heldCps, steps } of await climber.climb(rates, `${arrangement} ${round + 1}`, round)) {
      measured.samples[side.name].push(heldCps);
      measured.steps[side.name].push(...steps);
    }
  }
  return measured;
}

/** What one arrangement says. */
function compared({ samples }: Measured) {
  const medians = perSide((name) => median(samples[name]));
  const { ratio, ratioLow, ratioHigh } = ratioOf({ medians, samples }, "ours", "bare_http");
  const overWebSocket = ratioOf({ medians, samples }, "ours", "bare_websocket");
  return {
    ratio,
    ratio_low: ratioLow,
    ratio_high: ratioHigh,
    ratio_to_bare_websocket: overWebSocket.ratio,
    ratio_to_bare_websocket_low: overWebSocket.ratioLow,
    ratio_to_bare_websocket_high: overWebSocket.ratioHigh,
    ours: medians.ours,
    bare: medians.bare_http,
    bare_websocket: medians.bare_websocket,
    rounds: samples,
  };
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
