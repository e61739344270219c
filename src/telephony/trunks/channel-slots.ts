/** Lines for calls: the route's ways that can be used now, and of those the first that has room over all gateways. */
import type { Logger } from "pino";
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { CallControl } from "../asterisk/call-control.ts";
import type { AttemptResult, Line, Lines, NoLine, Try } from "../calls/ports.ts";
import type { PacedWay, Pacing, Way } from "./admission-port.ts";
import type { BreakerReport, Breakers } from "./breakers.ts";
import type { TrunkHealth } from "./health.ts";
import { mayPresent, type Router } from "./routes.ts";
import { type TrunkVerdict, verdictOf } from "./verdict.ts";

/** Reconnecting to Asterisk, or a carrier's next OPTIONS, takes about that long. */
const unavailableRetryMs = 5000;
/**
 * A call begins so long after its turn at most: three commands to Redis may each take most of their time. What is later
 * waited in a gateway that stood still. It would go out together with all others that waited there, for a person who is
 * gone, and perhaps outlive its lease, which has 5 s to spare (the fail-safe's margin).
 */
const mostLateMs = 3000;
/** More ways are not looked at for one call: bounds what a script in Redis has to do. */
const mostWays = 16;

export interface LinesParts {
  readonly config: Pick<Config, "asterisks" | "trunks" | "calls">;
  readonly router: Router;
  /** By name of the Asterisk. */
  readonly callControls: ReadonlyMap<string, Pick<CallControl, "connected">>;
  /** What is known of a way beside whether its Asterisk is connected. */
  readonly health: (way: Way) => TrunkHealth;
  readonly breakers: Breakers;
  readonly pacing: Pacing;
  /** Longest that a call may take from its turn to its end. */
  readonly longestCallMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface WayStatus extends Way, TrunkHealth {
  readonly breaker: BreakerReport;
}

/** What the dialer needs beside `Lines`. */
export interface DialerLines extends Lines {
  /** The call on this line is over. Never rejects. */
  callEnded(line: Line, result: AttemptResult): Promise<void>;
  /** Every way of the configuration as this gateway sees it; what was taken out of service is not in it. */
  ways(): readonly WayStatus[];
}

export function createLines(parts: LinesParts): DialerLines {
  const { breakers, pacing, clock, random, logger } = parts;
  const { asterisks, trunks, calls } = parts.config;

  function state(way: Way): TrunkHealth {
    if (parts.callControls.get(way.asterisk)?.connected !== true) {
      return { usable: false, why: `Asterisk ${way.asterisk} is not connected` };
    }
    const health = parts.health(way);
    return (health.usable ? breakers.state(way) : null) ?? health;
  }

  function paced(way: Way): PacedWay {
    const trunk = trunks[way.trunk];
    const asterisk = asterisks[way.asterisk];
    if (trunk === undefined || asterisk === undefined) throw new Error("a way that is not configured");
    return { ...way, trunkLimits: limitsOf(trunk), asteriskLimits: limitsOf(asterisk) };
  }

  function presents(way: Way, range: string): boolean {
    const trunk = trunks[way.trunk];
    return trunk !== undefined && mayPresent(trunk, range);
  }

  async function takeOneOf(ways: readonly Way[]): Promise<Line | NoLine> {
    const usable = ways.filter((way) => state(way).usable).slice(0, mostWays);
    if (usable.length === 0) return { none: "telephony_unavailable", retryAfterMs: unavailableRetryMs };
    const leaseId = random.bytes(9).toString("base64url");
    const askedAtMs = clock.nowMs();
    const answer = await pacing.take({
      leaseId,
      leaseMs: parts.longestCallMs,
      maxWaitMs: calls.max_queue_ms,
      ways: usable.map(paced),
    });
    if (answer.kind === "full") return { none: "capacity", retryAfterMs: answer.retryAfterMs };
    const way = answer.kind === "taken" ? usable[answer.way] : undefined;
    if (answer.kind !== "taken" || way === undefined) {
      return { none: "telephony_unavailable", retryAfterMs: unavailableRetryMs };
    }
    const { waitMs } = answer;
    const placeByMs = askedAtMs + waitMs + mostLateMs;
    const line = { leaseId, ...way, ranges: trunks[way.trunk]?.ranges ?? [], waitMs, placeByMs };
    // While Redis was asked, its breaker may have opened or its one probe begun.
    if (!state(way).usable) {
      await release(line, true);
      return takeOneOf(usable.filter((other) => other !== way));
    }
    breakers.begin(way, line);
    return line;
  }

  async function end(line: Line, verdict: TrunkVerdict, unused: boolean): Promise<void> {
    breakers.end(line, line, verdict);
    await release(line, unused);
  }

  async function release(line: Line, unused: boolean): Promise<void> {
    try {
      await pacing.release(line.leaseId, paced(line), unused);
    } catch {
      logger.warn({ trunk: line.trunk }, "a line could not be given back: it is free when its lease ends");
    }
  }

  return {
    async take(callee) {
      const ways = parts.router.waysTo(callee);
      return ways === null ? { none: "no_route", retryAfterMs: null } : takeOneOf(ways);
    },
    async takeAnother(callee, range, tried) {
      const ways = parts.router.waysTo(callee) ?? [];
      return takeOneOf(ways.filter((way) => presents(way, range) && isFresh(way, tried)));
    },
    giveBack: (line) => end(line, "nothing", true),
    callEnded: (line, result) => end(line, verdictOf(result), false),
    ways: () =>
      Object.keys(trunks)
        .flatMap((trunk) => parts.router.waysOf(trunk))
        .map((way) => ({ ...way, ...state(way), breaker: breakers.report(way) })),
  };
}

function isFresh(way: Way, tried: readonly Try[]): boolean {
  const carrierSpoke = (one: Try) => one.outcome !== "trunk_down";
  return !tried.some((one) => one.trunk === way.trunk && (one.asterisk === way.asterisk || carrierSpoke(one)));
}

function limitsOf(limits: { calls_per_second: number; max_concurrent_calls: number }) {
  return { callsPerSecond: limits.calls_per_second, maxConcurrentCalls: limits.max_concurrent_calls };
}
