/** The circuit breakers of all paths and of callee prefixes on them, and which call began in which round of them. */

import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { TrunkPath } from "./admission-port.ts";
import { type Breaker, type BreakerRound, type BreakerState, type CallSource, createBreaker } from "./breaker.ts";
import type { TrunkHealth } from "./health.ts";
import type { BreakerConfig } from "./routes-config.ts";
import type { TrunkVerdict } from "./verdict.ts";

/** Prefixes with a breaker of their own on one path; the one whose last failure is oldest is evicted first. */
const mostPrefixes = 1000;
/** While a carrier answers OPTIONS one call a second goes on, or one in ten of the trunk's calls a second. */
const shareMs = 1000;
const shareOneIn = 10;

export interface BreakerReport {
  readonly state: BreakerState;
  /** When it will be probed, in milliseconds since the epoch; null: now, or no probe is needed. */
  readonly retryAtMs: number | null;
  /** Callee prefixes to which this path is not used though its own breaker is closed. */
  readonly openPrefixes?: number;
}

export interface Breakers {
  /**
   * Whether a call may be placed on this path, and why not; null where it is used as usual.
   * @param source null: for any callee
   * @param isReachable the carrier answers OPTIONS: a share of calls goes on though a circuit is open
   */
  state(path: TrunkPath, source: CallSource | null, isReachable: boolean): TrunkHealth | null;
  /** For the operator's view; see `Breaker`. */
  report(path: TrunkPath): BreakerReport;
  /** A call takes the path, synchronous with the `state` that allowed it. @param call the key for the others */
  begin(path: TrunkPath, call: object, source: CallSource, isReachable: boolean): void;
  /** The phone rings: good for the trunk, regardless of the call's end. */
  alerted(path: TrunkPath, call: object): void;
  /** The result of that call; `nothing` where none was placed. Later reports of the same call do not count. */
  end(path: TrunkPath, call: object, verdict: TrunkVerdict, retryAfterMs?: number): void;
}

interface Begun {
  readonly source: CallSource;
  readonly round: BreakerRound;
  /** Null where its prefix had no breaker. */
  readonly prefixRound: BreakerRound | null;
}

export interface BreakersOptions {
  readonly rules: BreakerConfig;
  /** How many apps there are: where there are several, one of them alone opens no trunk. */
  readonly apps: () => number;
  /** Calls a second of a trunk. */
  readonly callsPerSecond: (trunk: string) => number;
  /** Longer than any call takes, in milliseconds. */
  readonly longestCallMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** One path and the prefixes that failed on it. */
class PathBreakers {
  readonly whole: Breaker;
  /** In the order of their last failure; only prefixes that failed. */
  readonly byPrefix = new Map<string, Breaker>();
  /** When a call to a prefix was last good, the latest last: a breaker that is made later must know it. */
  readonly #goodAtMs = new Map<string, number>();
  readonly #newOne: () => Breaker;

  constructor(whole: Breaker, newOne: () => Breaker) {
    this.whole = whole;
    this.#newOne = newOne;
  }

  record({ source, round, prefixRound }: Begun, verdict: TrunkVerdict, nowMs: number, retryAfterMs: number): void {
    this.whole.record(round, verdict, nowMs, source, retryAfterMs);
    if (verdict === "good") putLast(this.#goodAtMs, source.prefix, nowMs);
    const known = this.byPrefix.get(source.prefix);
    if (known === undefined && verdict !== "call_failed") return;
    const breaker = known ?? this.#newOne();
    const goodAtMs = this.#goodAtMs.get(source.prefix);
    if (known === undefined && goodAtMs !== undefined)
      breaker.record(breaker.begin(goodAtMs), "good", goodAtMs, source);
    breaker.record(prefixRound ?? breaker.begin(nowMs), verdict, nowMs, source, retryAfterMs);
    if (verdict === "call_failed") putLast(this.byPrefix, source.prefix, breaker);
  }
}

/** Evicts the oldest entry where there are too many. */
function putLast<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > mostPrefixes) map.delete(map.keys().next().value ?? "");
}

export function createBreakers(options: BreakersOptions): Breakers {
  const { rules, longestCallMs, random } = options;
  const clock = steadyClock(options.clock);
  /** Bounded by the paths of the configuration. */
  const paths = new Map<string, PathBreakers>();
  const begun = new WeakMap<object, Begun>();

  function breakersOf({ trunk, asterisk }: TrunkPath): PathBreakers {
    const name = `${trunk}@${asterisk}`;
    const known = paths.get(name);
    if (known !== undefined) return known;
    const share_ms = Math.min(shareMs, (1000 * shareOneIn) / options.callsPerSecond(trunk));
    const common = { ...rules, probe_limit_ms: longestCallMs, share_ms };
    const whole = {
      ...common,
      failing_prefixes: rules.failures,
      get failing_apps() {
        return Math.min(2, options.apps());
      },
    };
    const made = new PathBreakers(createBreaker(whole, random), () =>
      createBreaker({ ...common, failing_prefixes: 1, failing_apps: 1 }, random),
    );
    paths.set(name, made);
    return made;
  }

  return {
    state(path, source, isReachable) {
      const nowMs = clock.nowMs();
      const { whole, byPrefix } = breakersOf(path);
      const ofPrefix = source === null ? undefined : byPrefix.get(source.prefix);
      const open = [whole, ofPrefix].filter((one) => one !== undefined && one.why(nowMs) !== null) as Breaker[];
      const [first] = open;
      if (first === undefined) return null;
      const shut = open.find((one) => one.allows(nowMs, isReachable) === "no");
      const blocking = shut ?? first;
      const why = blocking === whole ? blocking.why(nowMs) : `for this prefix: ${blocking.why(nowMs)}`;
      return { usable: shut === undefined, why: why ?? "" };
    },
    report(path) {
      const nowMs = clock.nowMs();
      const { whole, byPrefix } = breakersOf(path);
      const openPrefixes = [...byPrefix.values()].filter((one) => one.state(nowMs) !== "closed").length;
      const retryAtMs = whole.retryAtMs(nowMs);
      // For people: by the time of day.
      const shownAtMs = retryAtMs === null ? null : retryAtMs - nowMs + options.clock.nowMs();
      return { state: whole.state(nowMs), retryAtMs: shownAtMs, openPrefixes };
    },
    begin(path, call, source, isReachable) {
      const nowMs = clock.nowMs();
      const { whole, byPrefix } = breakersOf(path);
      const prefixRound = byPrefix.get(source.prefix)?.begin(nowMs, isReachable) ?? null;
      begun.set(call, { source, round: whole.begin(nowMs, isReachable), prefixRound });
    },
    alerted(path, call) {
      const one = begun.get(call);
      if (one === undefined) return;
      begun.delete(call);
      breakersOf(path).record(one, "good", clock.nowMs(), 0);
    },
    end(path, call, verdict, retryAfterMs = 0) {
      const one = begun.get(call);
      if (one === undefined) return;
      begun.delete(call);
      breakersOf(path).record(one, verdict, clock.nowMs(), retryAfterMs);
    },
  };
}
