/** Caps of caller IDs that fit each other, and that leave room for calls at all. */

import { cryptoRandom } from "../shared/random.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import { createCallerIdPool } from "./pool.ts";
import type { RangeConfig } from "./ranges-config.ts";
import type { ReputationConfig } from "./reputation-config.ts";
import { callsPerHourAtLeast } from "./reserve.ts";

interface Sections {
  readonly caller_id_reputation: ReputationConfig;
  readonly ranges: Readonly<Record<string, RangeConfig>>;
  readonly trunks: Readonly<Record<string, { readonly ranges: readonly string[] }>>;
  readonly verification: { readonly starts_per_callee_per_hour: number };
}

export const callerIdReputationChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["caller_id_reputation"], problems: dayHoldsAnHour },
  { reads: ["caller_id_reputation", "ranges", "trunks", "verification"], problems: oneCalleeDoesNotUseUpATrunk },
];

/** A day's cap below the hour's would make the hour's ineffective. */
function dayHoldsAnHour({ caller_id_reputation: reputation }: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["caller_id_reputation"]) || reputation.attempts_per_day >= reputation.attempts_per_hour) return [];
  const expected = `at least attempts_per_hour, which is ${reputation.attempts_per_hour}`;
  return [{ path: ["caller_id_reputation", "attempts_per_day"], given: String(reputation.attempts_per_day), expected }];
}

/** With half of a trunk's caller IDs at their cap its calls stop: one callee must not be able to cause that. */
function oneCalleeDoesNotUseUpATrunk(config: Sections, isSound: IsSound): Problem[] {
  const { caller_id_reputation: reputation, verification, ranges, trunks } = config;
  if (!isSound(["caller_id_reputation"]) || !isSound(["verification", "starts_per_callee_per_hour"])) return [];
  const calls = verification.starts_per_callee_per_hour;
  const soundRanges = Object.fromEntries(Object.entries(ranges).filter(([name]) => isSound(["ranges", name])));
  return Object.entries(trunks).flatMap(([name, trunk]) => {
    const path = ["trunks", name, "ranges"];
    if (!isSound(path)) return [];
    if (!trunk.ranges.every((range) => Object.hasOwn(soundRanges, range))) return [];
    const sizes = [...createCallerIdPool(soundRanges, cryptoRandom).sizes(trunk.ranges, null).values()];
    if (callsPerHourAtLeast(sizes, reputation.attempts_per_hour) >= calls) return [];
    const given = `${sizes.reduce((sum, size) => sum + size, 0)} caller IDs, half of them at attempts_per_hour (${reputation.attempts_per_hour})`;
    const expected = `room for the ${calls} calls that starts_per_callee_per_hour allows to one callee alone`;
    return [{ path, given, expected }];
  });
}
