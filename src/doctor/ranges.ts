/** Checks the caller IDs that each trunk may present: how hard a code is to guess with them. */
import { describeEntropy, smallestGroup } from "../caller-ids/entropy.ts";
import { createCallerIdPool } from "../caller-ids/pool.ts";
import { callsPerHourAtLeast } from "../caller-ids/reserve.ts";
import { cryptoRandom } from "../shared/random.ts";
import type { DoctorConfig } from "./config.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** A 10,000 block is what carriers commonly assign and what the default odds are made for. */
const advisedSize = 10_000;

export function examineRanges(config: DoctorConfig): Finding[] {
  const { wrong_checks_per_callee: wrongChecks, min_calls: calls } = config.verification;
  const pool = createCallerIdPool(config.ranges, cryptoRandom);
  return Object.entries(config.trunks).map(([name, trunk]) => {
    const smallest = smallestGroup(pool.sizes(trunk.ranges, null));
    if (smallest === null) return fail(`Trunk ${name}: no caller IDs`, "Give it a range in `ranges`.");
    const what = `Trunk ${name}: ${describeEntropy(smallest, wrongChecks, calls)}; ${describeRoom(config, trunk.ranges)}`;
    return smallest.size >= advisedSize
      ? ok(what)
      : warn(what, "A caller ID is not used again for the same number for a day: a block of 10,000 does not run out.");
  });
}

/** At the least: when half of the caller IDs are at their cap (docs/caller-ids.md). */
function describeRoom({ ranges, caller_id_reputation: reputation }: DoctorConfig, names: readonly string[]): string {
  const sizes = createCallerIdPool(ranges, cryptoRandom).sizes(names, null).values();
  const calls = callsPerHourAtLeast(sizes, reputation.attempts_per_hour);
  return `the caps of caller IDs leave room for ${calls.toLocaleString("en")} calls an hour at least`;
}
