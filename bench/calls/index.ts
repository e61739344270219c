/**
 * calls: the whole gateway against two bare loops that only originate and hang up, over ARI HTTP with keep-alive and with
 * REST over a WebSocket, and perhaps against the gateway of another commit; all against the same Asterisk and the same SIPp
 * carrier. Beside it the whole gateway with its driver `sip`, one process and two, and a bare loop over SIP, without Asterisk. The rate rises until p99 of POST-to-ringing passes the limit or a call fails; the highest rate that held is the
 * figure. Measured with all of them on the same cores, and with Asterisk on cores of its own.
 */
import { availableParallelism } from "node:os";
import { withParts } from "../support/parts.ts";
import type { BenchOptions, BenchResult } from "../support/report.ts";
import { type Arrangement, arrange } from "./arrangement.ts";
import { type Climber, createClimber } from "./climb.ts";
import { atRate, heldOf, type Measured, sideToSide, toBare } from "./compared.ts";
import { p99LimitMs } from "./measure.ts";
import { type Plan, planOf, ratesOf } from "./plan.ts";
import { type Rig, startRig } from "./rig.ts";
import type { SideName } from "./side.ts";

export async function runCalls(options: BenchOptions): Promise<BenchResult> {
  const { progress, against, everything, sides } = options;
  const plan = planOf(options);
  return await withParts(progress, async (parts) => {
    const rig = await startRig(parts, against, everything, sides, progress);
    const climber = createClimber(rig, plan, progress);
    await climber.warmUp();
    const measured = new Map<Arrangement, Measured>();
    for (const arrangement of arrangementsOf(options)) {
      measured.set(arrangement, await measure(rig, climber, arrangement, plan, progress));
    }
    const [first] = measured.values();
    if (first === undefined) throw new Error("this machine has one core: only --arrangement shared can be measured");
    const compared = (two: readonly [SideName, SideName]) =>
      [...measured].flatMap(([name, figures]) => sideToSide(two, figures, name, plan.referencesPerSecond));
    return {
      name: "calls",
      // As numbers at the top of the last line.
      ...heldOf(first),
      ...toBare(first),
      unit: `calls/s held with p99 of POST-to-ringing ≤ ${p99LimitMs} ms and no error`,
      arrangements: Object.fromEntries([...measured].map(([name, figures]) => [name, toBare(figures)])),
      at_reference: Object.fromEntries(
        plan.referencesPerSecond.map((rate) => [`${rate} calls/s`, atRate(first, rate)]),
      ),
      against: against && {
        commit: against.label,
        comparisons: compared(["ours", "other"]),
      },
      ...(everything && {
        everything_is:
          "records in SQLite, a webhook endpoint for every event, a client of the stream; limits as without it",
        everything: [
          { commit: "this commit", comparisons: compared(["everything", "ours"]) },
          ...(against
            ? [{ commit: `${against.label}, everything on`, comparisons: compared(["everything", "other_everything"]) }]
            : []),
        ],
      }),
      asterisk_version: rig.asteriskVersion,
      carrier: "SIPp over TCP on loopback",
    };
  });
}

function arrangementsOf({ arrangement, quick }: BenchOptions): readonly Arrangement[] {
  const wanted: readonly Arrangement[] = arrangement ? [arrangement] : quick ? ["shared"] : ["shared", "apart"];
  return wanted.filter((one) => one === "shared" || availableParallelism() > 1);
}

async function measure(
  rig: Rig,
  climber: Climber,
  arrangement: Arrangement,
  plan: Plan,
  progress: (line: string) => void,
): Promise<Measured> {
  await arrange(arrangement, rig.halves);
  progress(`cores: ${arrangement}`);
  const rates = ratesOf(plan);
  const measured: Measured = new Map(rig.sides.map(({ name }) => [name, { heldPerSecond: [], steps: [] }]));
  for (let round = 0; round < plan.rounds; round++) {
    for (const { side, heldPerSecond, steps } of await climber.climb(rates, `${arrangement} ${round + 1}`, round)) {
      measured.get(side.name)?.heldPerSecond.push(heldPerSecond);
      measured.get(side.name)?.steps.push(steps);
    }
  }
  return measured;
}
