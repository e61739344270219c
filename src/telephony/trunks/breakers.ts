/** The breakers of all paths, and which call began in which round of its breaker. */

import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { TrunkPath } from "./admission-port.ts";
import { type Breaker, type BreakerRound, type BreakerState, createBreaker } from "./breaker.ts";
import type { TrunkHealth } from "./health.ts";
import type { BreakerConfig } from "./routes-config.ts";
import type { TrunkVerdict } from "./verdict.ts";

export interface BreakerReport {
  readonly state: BreakerState;
  /** When it will be probed, in milliseconds since the epoch; null: now, or there is no need. */
  readonly retryAtMs: number | null;
}

export interface Breakers {
  /** Whether a call may be placed on this path, and why not; null where it is used as usual. */
  state(path: TrunkPath): TrunkHealth | null;
  /** For the operator's view; see `Breaker`. */
  report(path: TrunkPath): BreakerReport;
  /** A call takes the path, in the same breath in which `state` allowed it. @param call the key for `end` */
  begin(path: TrunkPath, call: object): void;
  /** What came of that call; `nothing` where none was placed. Later reports of the same call do not count. */
  end(path: TrunkPath, call: object, verdict: TrunkVerdict): void;
}

export function createBreakers(options: {
  readonly rules: BreakerConfig;
  /** Longer than any call takes, in milliseconds. */
  readonly longestCallMs: number;
  readonly clock: Clock;
  readonly random: Random;
}): Breakers {
  const { rules, longestCallMs, clock, random } = options;
  /** Bounded by the paths of the configuration. */
  const breakers = new Map<string, Breaker>();
  const rounds = new WeakMap<object, BreakerRound>();

  function breakerOf({ trunk, asterisk }: TrunkPath): Breaker {
    const name = `${trunk}@${asterisk}`;
    const known = breakers.get(name) ?? createBreaker({ ...rules, probe_limit_ms: longestCallMs }, random);
    breakers.set(name, known);
    return known;
  }

  return {
    state(path) {
      const breaker = breakerOf(path);
      const why = breaker.why(clock.nowMs());
      return why === null ? null : { usable: breaker.allows(clock.nowMs()) !== "no", why };
    },
    report(path) {
      const breaker = breakerOf(path);
      return { state: breaker.state(clock.nowMs()), retryAtMs: breaker.retryAtMs(clock.nowMs()) };
    },
    begin(path, call) {
      rounds.set(call, breakerOf(path).begin(clock.nowMs()));
    },
    end(path, call, verdict) {
      const round = rounds.get(call);
      if (round === undefined) return;
      rounds.delete(call);
      breakerOf(path).record(round, verdict, clock.nowMs());
    },
  };
}
