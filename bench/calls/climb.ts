/** The sides climb a ladder of rates together, rung by rung in turn; each until it holds no more. */
import { untilCalm } from "./calm.ts";
import { type Step, step } from "./measure.ts";
import type { Rig } from "./rig.ts";
import { type Side, type SideName, sideNames } from "./side.ts";

const stepMs = 4000;
/** One slow call in a hundred fails a step, and a busy neighbour is enough for that: a rate holds if one try does. */
const triesAtRate = 3;
/** A side that held neither of two rates, one after the other, is not asked for more in that round. */
const failuresThatEnd = 2;
/**
 * Compilers and connections warm up on calls that do not count. After 3,000 a call still costs a third more, and at some
 * 10,000 V8 compiles most of what a call runs through for the last time: a rate that ran then saw 200 ms (measured).
 */
const warmup = { cps: 500, ms: 30_000 };

export interface Climb {
  readonly side: Side;
  readonly steps: Step[];
  heldCps: number;
  failures: number;
}

export interface Climber {
  warmUp(): Promise<void>;
  /** @param rates rising; @param label what the lines of progress begin with; @param turn which side begins */
  climb(rates: readonly number[], label: string, turn: number): Promise<readonly Climb[]>;
}

export function createClimber(rig: Rig, progress: (line: string) => void): Climber {
  const sides = sideNames.map((name) => rig.sides[name]);
  let firstCallee = 0;
  const measure = async (side: Side, cps: number, ms: number): Promise<Step> => {
    const measured = await step(side, rig.asteriskPid, cps, ms, firstCallee);
    firstCallee += measured.calls + measured.errors;
    return measured;
  };

  async function tryRate(climb: Climb, cps: number, label: string): Promise<void> {
    for (let attempt = 0; attempt < triesAtRate; attempt++) {
      const measured = await measure(climb.side, cps, stepMs);
      climb.steps.push(measured);
      progress(line(label, climb.side.name, measured));
      await untilCalm(rig.asteriskPid);
      if (measured.held) {
        climb.heldCps = cps;
        climb.failures = 0;
        return;
      }
    }
    climb.failures++;
  }

  return {
    async warmUp() {
      for (const side of sides) {
        const warm = await measure(side, warmup.cps, warmup.ms);
        progress(`warm-up of ${side.name}: ${warm.calls} calls, ${warm.errors} errors`);
        await untilCalm(rig.asteriskPid);
      }
    },
    async climb(rates, label, turn) {
      const climbs = sides.map((side): Climb => ({ side, steps: [], heldCps: 0, failures: 0 }));
      for (const [index, cps] of rates.entries()) {
        // The order turns, so that no side always follows the other.
        const first = (turn + index) % climbs.length;
        const climbing = [...climbs.slice(first), ...climbs.slice(0, first)];
        for (const climb of climbing) if (climb.failures < failuresThatEnd) await tryRate(climb, cps, label);
      }
      return climbs;
    },
  };
}

function line(label: string, name: SideName, measured: Step): string {
  const { ratePerSecond, p50Ms, p99Ms, errors, sideCpuMsPerCall, asteriskCpuMsPerCall, held, firstError } = measured;
  return (
    `${label}  ${name.padEnd(14)} ${String(ratePerSecond).padStart(4)} calls/s  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  ` +
    `errors ${errors}  CPU a call ${sideCpuMsPerCall.toFixed(2)} + Asterisk ${asteriskCpuMsPerCall.toFixed(2)} ms  ` +
    `${held ? "held" : "not held"}${firstError === null ? "" : ` (${firstError.slice(0, 120)})`}`
  );
}
