/** Channel slots for calls: the route's paths that can be used now, and of those the first that has room over all gateways. */
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { CallControl } from "../asterisk/call-control.ts";
import type { DialerConfig } from "../calls/config.ts";
import type { CallAttempt, CallResult, ChannelSlot, ChannelSlots, NoChannelSlot } from "../calls/ports.ts";
import type { Admission, LimitedPath, TrunkPath } from "./admission-port.ts";
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
/** More paths are not looked at for one call: bounds what a script in Redis has to do. */
const maxPaths = 16;

export interface ChannelSlotsParts {
  readonly config: Pick<DialerConfig, "asterisks" | "trunks" | "calls">;
  readonly router: Router;
  /** By name of the Asterisk. */
  readonly callControls: ReadonlyMap<string, Pick<CallControl, "connected">>;
  /** What is known of a path beside whether its Asterisk is connected. */
  readonly health: (path: TrunkPath) => TrunkHealth;
  readonly breakers: Breakers;
  readonly admission: Admission;
  /** Longest that a call may take from its turn to its end. */
  readonly longestCallMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface PathStatus extends TrunkPath, TrunkHealth {
  readonly breaker: BreakerReport;
}

/** What the dialer needs beside `ChannelSlots`. */
export interface DialerSlots extends ChannelSlots {
  /** The call on this slot is over. Never rejects. */
  callEnded(slot: ChannelSlot, result: CallResult): Promise<void>;
  /** Every way of the configuration as this gateway sees it; what was taken out of service is not in it. */
  paths(): readonly PathStatus[];
}

export function createChannelSlots(parts: ChannelSlotsParts): DialerSlots {
  const { breakers, admission, clock, random, logger } = parts;
  const { asterisks, trunks, calls } = parts.config;

  function state(path: TrunkPath): TrunkHealth {
    if (parts.callControls.get(path.asterisk)?.connected !== true) {
      return { usable: false, why: `Asterisk ${path.asterisk} is not connected` };
    }
    const health = parts.health(path);
    return (health.usable ? breakers.state(path) : null) ?? health;
  }

  function paced(path: TrunkPath): LimitedPath {
    const trunk = trunks[path.trunk];
    const asterisk = asterisks[path.asterisk];
    if (trunk === undefined || asterisk === undefined) throw new Error("a way that is not configured");
    return { ...path, trunkLimits: limitsOf(trunk), asteriskLimits: limitsOf(asterisk) };
  }

  function presents(path: TrunkPath, range: string): boolean {
    const trunk = trunks[path.trunk];
    return trunk !== undefined && mayPresent(trunk, range);
  }

  async function takeOneOf(paths: readonly TrunkPath[]): Promise<ChannelSlot | NoChannelSlot> {
    const usable = paths.filter((path) => state(path).usable).slice(0, maxPaths);
    if (usable.length === 0) return { none: "telephony_unavailable", retryAfterMs: unavailableRetryMs };
    const leaseId = random.bytes(9).toString("base64url");
    const askedAtMs = clock.nowMs();
    const answer = await admission.reserve({
      leaseId,
      leaseMs: parts.longestCallMs,
      maxWaitMs: calls.max_queue_ms,
      paths: usable.map(paced),
    });
    if (answer.kind === "full") return { none: "capacity", retryAfterMs: answer.retryAfterMs };
    const path = answer.kind === "taken" ? usable[answer.path] : undefined;
    if (answer.kind !== "taken" || path === undefined) {
      return { none: "telephony_unavailable", retryAfterMs: unavailableRetryMs };
    }
    const { waitMs } = answer;
    const originateByMs = askedAtMs + waitMs + mostLateMs;
    const slot = { leaseId, ...path, ranges: trunks[path.trunk]?.ranges ?? [], waitMs, originateByMs };
    // While Redis was asked, its breaker may have opened or its one probe begun.
    if (!state(path).usable) {
      await release(slot, true);
      return takeOneOf(usable.filter((other) => other !== path));
    }
    breakers.begin(path, slot);
    return slot;
  }

  async function end(slot: ChannelSlot, verdict: TrunkVerdict, unused: boolean): Promise<void> {
    breakers.end(slot, slot, verdict);
    await release(slot, unused);
  }

  async function release(slot: ChannelSlot, unused: boolean): Promise<void> {
    try {
      await admission.release(slot.leaseId, paced(slot), unused);
    } catch {
      logger.warn({ trunk: slot.trunk }, "a slot could not be given back: it is free when its lease ends");
    }
  }

  return {
    async reserve(callee) {
      const paths = parts.router.pathsTo(callee);
      return paths === null ? { none: "no_route", retryAfterMs: null } : takeOneOf(paths);
    },
    async reserveAnother(callee, range, tried) {
      const paths = parts.router.pathsTo(callee) ?? [];
      return takeOneOf(paths.filter((path) => presents(path, range) && isFresh(path, tried)));
    },
    release: (slot) => end(slot, "nothing", true),
    callEnded: (slot, result) => end(slot, verdictOf(result), false),
    paths: () =>
      Object.keys(trunks)
        .flatMap((trunk) => parts.router.pathsOf(trunk))
        .map((path) => ({ ...path, ...state(path), breaker: breakers.report(path) })),
  };
}

function isFresh(path: TrunkPath, tried: readonly CallAttempt[]): boolean {
  const carrierSpoke = (one: CallAttempt) => one.outcome !== "trunk_down";
  return !tried.some((one) => one.trunk === path.trunk && (one.asterisk === path.asterisk || carrierSpoke(one)));
}

function limitsOf(limits: { calls_per_second: number; max_concurrent_calls: number }) {
  return { callsPerSecond: limits.calls_per_second, maxConcurrentCalls: limits.max_concurrent_calls };
}
