/** The breakers of all ways, and which call began in which round of its breaker. */

import type { BreakerConfig } from "../../config/schema.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { Way } from "./admission-port.ts";
import { type Breaker, type BreakerRound, type BreakerState, createBreaker } from "./breaker.ts";
import type { TrunkHealth } from "./health.ts";
import type { TrunkVerdict } from "./verdict.ts";

export interface BreakerReport {
  readonly state: BreakerState;
  /** When it will be probed, in milliseconds since the epoch; null: now, or there is no need. */
  readonly retryAtMs: number | null;
}

export interface Breakers {
  /** Whether a call may be placed on this way, and why not; null where it is used as usual. */
  state(way: Way): TrunkHealth | null;
  /** For the operator's view; see `Breaker`. */
  report(way: Way): BreakerReport;
  /** A call takes the way, in the same breath in which `state` allowed it. @param call the key for `end` */
  begin(way: Way, call: object): void;
  /** What came of that call; `nothing` where none was placed. Later reports of the same call do not count. */
  end(way: Way, call: object, verdict: TrunkVerdict): void;
}

export function createBreakers(options: {
  readonly rules: BreakerConfig;
  /** Longer than any call takes, in milliseconds. */
  readonly longestCallMs: number;
  readonly clock: Clock;
  readonly random: Random;
}): Breakers {
  const { rules, longestCallMs, clock, random } = options;
  /** Bounded by the ways of the configuration. */
  const breakers = new Map<string, Breaker>();
  const rounds = new WeakMap<object, BreakerRound>();

  function breakerOf({ trunk, asterisk }: Way): Breaker {
    const name = `${trunk}@${asterisk}`;
    const known = breakers.get(name) ?? createBreaker({ ...rules, probe_limit_ms: longestCallMs }, random);
    breakers.set(name, known);
    return known;
  }

  return {
    state(way) {
      const breaker = breakerOf(way);
      const why = breaker.why(clock.nowMs());
      return why === null ? null : { usable: breaker.allows(clock.nowMs()) !== "no", why };
    },
    report(way) {
      const breaker = breakerOf(way);
      return { state: breaker.state(clock.nowMs()), retryAtMs: breaker.retryAtMs(clock.nowMs()) };
    },
    begin(way, call) {
      rounds.set(call, breakerOf(way).begin(clock.nowMs()));
    },
    end(way, call, verdict) {
      const round = rounds.get(call);
      if (round === undefined) return;
      rounds.delete(call);
      breakerOf(way).record(round, verdict, clock.nowMs());
    },
  };
}
