/** The sides climb a ladder of rates together, rung by rung in turn; each until it holds no more. */
import { setTimeout as pause } from "node:timers/promises";
import { untilCalm } from "../support/calm.ts";
import { type Step, step } from "./measure.ts";
import type { Plan } from "./plan.ts";
import type { Rig } from "./rig.ts";
import type { Side, SideName } from "./side.ts";

/** One slow call in a hundred fails a step, and a busy neighbour is enough for that: a rate holds if one try does. */
const triesAtRate = 3;
/** A gateway that was overloaded admits fewer calls until it had little to do for this long (src/telephony/trunks/overload.ts). */
const overloadOverMs = 11_000;
/** A side that held neither of two rates, one after the other, is not asked for more in that round. */
const failuresThatEnd = 2;

export interface Climb {
  readonly side: Side;
  readonly steps: Step[];
  heldPerSecond: number;
  failures: number;
}

export interface Climber {
  warmUp(): Promise<void>;
  /** @param rates rising; @param label what the lines of progress begin with; @param turn which side begins */
  climb(rates: readonly number[], label: string, turn: number): Promise<readonly Climb[]>;
}

export function createClimber(rig: Rig, plan: Plan, progress: (line: string) => void): Climber {
  let firstCallee = 0;
  const measure = async (side: Side, ratePerSecond: number, durationMs: number): Promise<Step> => {
    const measured = await step(side, rig.shared, { ratePerSecond, durationMs, firstCallee });
    firstCallee += measured.calls + measured.errors;
    return measured;
  };

  const calm = () => untilCalm([rig.shared.asteriskPid, rig.shared.carrierPid]);

  /**
   * Whoever waited while others had their turn has lost its place in the caches, and some of its compiled code: without this a rung's
   * first try cost 5 to 10 % more than the next one.
   */
  async function leadIn({ side, heldPerSecond }: Climb, ratePerSecond: number): Promise<void> {
    await measure(side, Math.min(ratePerSecond, heldPerSecond || plan.warmup.ratePerSecond), plan.leadInMs);
  }

  async function tryRate(climb: Climb, ratePerSecond: number, label: string): Promise<void> {
    await leadIn(climb, ratePerSecond);
    for (let attempt = 0; attempt < triesAtRate; attempt++) {
      const measured = await measure(climb.side, ratePerSecond, plan.stepMs);
      climb.steps.push(measured);
      progress(line(label, climb.side.name, measured));
      await calm();
      if (measured.held) {
        climb.heldPerSecond = ratePerSecond;
        climb.failures = 0;
        return;
      }
      await pause(overloadOverMs);
    }
    climb.failures++;
  }

  return {
    async warmUp() {
      for (const side of rig.sides) {
        const warm = await measure(side, plan.warmup.ratePerSecond, plan.warmup.durationMs);
        const first = warm.firstError === null ? "" : ` (${warm.firstError.slice(0, 120)})`;
        progress(`warm-up of ${side.name}: ${warm.calls} calls, ${warm.errors} errors${first}`);
        await calm();
      }
    },
    async climb(rates, label, turn) {
      const { sipLadderPerSecond, ladderPerSecond, referencesPerSecond } = plan;
      const isForSip = (rate: number) => referencesPerSecond.includes(rate) || sipLadderPerSecond.includes(rate);
      const isForAsterisk = (rate: number) => referencesPerSecond.includes(rate) || ladderPerSecond.includes(rate);
      const climbs = rig.sides.map((side): Climb => ({ side, steps: [], heldPerSecond: 0, failures: 0 }));
      for (const [index, rate] of rates.entries()) {
        // The order turns, so that no side always follows the other.
        const first = (turn + index) % climbs.length;
        const climbing = [...climbs.slice(first), ...climbs.slice(0, first)];
        for (const climb of climbing) {
          const isOffered = climb.side.isSip ? isForSip(rate) : isForAsterisk(rate);
          if (isOffered && climb.failures < failuresThatEnd) await tryRate(climb, rate, label);
        }
      }
      return climbs;
    },
  };
}

function line(label: string, name: SideName, measured: Step): string {
  const { p50Ms, p99Ms, overrunP99Ms, errors, sideCpuMsPerCall, held, firstError } = measured;
  const { redisCpuMsPerCall, asteriskCpuMsPerCall, carrierCpuMsPerCall, loadCpuMsPerCall } = measured;
  return (
    `${label}  ${name.padEnd(14)} ${String(measured.ratePerSecond).padStart(4)} calls/s  ` +
    `p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  ring overrun p99 ${overrunP99Ms.toFixed(1)} ms  ` +
    `errors ${errors}  CPU a call ${sideCpuMsPerCall.toFixed(2)} + Redis ${redisCpuMsPerCall?.toFixed(2) ?? "none"} ` +
    `+ Asterisk ${asteriskCpuMsPerCall.toFixed(2)} + carrier ${carrierCpuMsPerCall.toFixed(2)} + load ${loadCpuMsPerCall.toFixed(2)} ms  ` +
    `${held ? "held" : "not held"}${firstError === null ? "" : ` (${firstError.slice(0, 120)})`}`
  );
}
