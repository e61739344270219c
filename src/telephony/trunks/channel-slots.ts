/** Reserves channel slots: on the first usable path of the route that has room over all gateways. */
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { CallControl } from "../call-control/port.ts";
import type { Admission, Caller, LimitedPath, SlotEvent, TrunkPath } from "./admission-port.ts";
import { type CallerLimits, callerOf } from "./app-limits.ts";
import type { BacklogPlace, Backlogs } from "./backlogs.ts";
import type { Brakes } from "./brakes.ts";
import type { Breakers } from "./breakers.ts";
import type { TrunkConfig } from "./config.ts";
import { type EnginesConfig, engineInWords, enginesOf, sipEngine } from "./engines.ts";
import type { TrunkHealth } from "./health.ts";
import { createLateReleases } from "./late-releases.ts";
import type { Overload } from "./overload.ts";
import { mayPresent, type Router } from "./routes.ts";
import type { ChannelSlot, DialerSlots, NoChannelSlot, SlotNeeds, TriedPath } from "./slots-port.ts";
import type { TrunkVerdict } from "./verdict.ts";

/** Reconnecting to Asterisk, or a carrier's next OPTIONS, takes about that long. */
const unavailableRetryMs = 5000;
/**
 * Longest delay of a call after its scheduled time: three commands to Redis may each take most of their deadline. A later
 * call waited in a stalled process. It would go out in a burst with all others that waited there, for a person who no
 * longer waits, and could outlive its lease, which has a margin of 5 s (the fail-safe's).
 */
const mostLateMs = 3000;
/** Longest wait of a call that gives way to others: it must not stand in the queue before them. */
const spareWaitMs = 500;
/** By then an Asterisk has worked off what waits for it (backlogs.ts). */
const backlogRetryMs = 500;
/** A call whose turn comes later is spread by its trunk's calls a second, and waits in no backlog. */
const soonMs = 50;
/** More paths are not considered for one call: bounds the work of the Redis script. */
const maxPaths = 16;

export interface ChannelSlotsParts {
  readonly config: Pick<CallerLimits, "limits"> &
    EnginesConfig & {
      readonly trunks: Readonly<Record<string, TrunkConfig>>;
      readonly calls: { readonly max_queue_ms: number; readonly ring_ms: number };
    };
  readonly apps: CallerLimits["apps"];
  readonly router: Router;
  /** By name of the Asterisk. */
  readonly callControls: ReadonlyMap<string, Pick<CallControl, "connected">>;
  /** Health of a path, besides whether its Asterisk is connected. */
  readonly health: (path: TrunkPath) => TrunkHealth;
  readonly breakers: Breakers;
  readonly brakes: Pick<Brakes, "admit" | "ended">;
  readonly overload: Pick<Overload, "admit" | "rang" | "late">;
  readonly backlogs: Pick<Backlogs, "hasRoom" | "enter">;
  readonly admission: Admission;
  /** Longest duration of a call from its scheduled time to its end. */
  readonly longestCallMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** @returns `stop`: slots that Redis did not take back are left to their leases */
export function createChannelSlots(parts: ChannelSlotsParts): DialerSlots & { stop(): void } {
  const { breakers, brakes, overload, backlogs, admission, clock, random, logger } = parts;
  const { trunks, calls, limits } = parts.config;
  const engines = enginesOf(parts.config);
  const lateReleases = createLateReleases({ admission, clock, logger });
  const callerLimits: CallerLimits = { limits, apps: parts.apps };
  /** App and callee of the slot's call, as it was reserved. */
  const callers = new WeakMap<ChannelSlot, Caller & { readonly callee: string }>();
  const places = new WeakMap<ChannelSlot, BacklogPlace>();

  function ownHealth(path: TrunkPath): TrunkHealth {
    if (parts.callControls.get(path.asterisk)?.connected !== true) {
      const why = path.asterisk === sipEngine ? "is not listening" : "is not connected";
      return { usable: false, why: `${engineInWords(path.asterisk)} ${why}` };
    }
    return parts.health(path);
  }

  /** @param source null: for any callee */
  function state(path: TrunkPath, source: Caller | null): TrunkHealth {
    const health = ownHealth(path);
    return (health.usable ? breakers.state(path, source, answersOptions(health)) : null) ?? health;
  }

  function limited(path: TrunkPath): LimitedPath {
    const trunk = trunks[path.trunk];
    const engine = engines[path.asterisk];
    if (trunk === undefined || engine === undefined) throw new Error("a path that is not configured");
    return { ...path, trunkLimits: limitsOf(trunk), asteriskLimits: limitsOf(engine) };
  }

  function presents(path: TrunkPath, range: string): boolean {
    const trunk = trunks[path.trunk];
    return trunk !== undefined && mayPresent(trunk, range);
  }

  async function takeOneOf(
    paths: readonly TrunkPath[],
    caller: Caller,
    callee: string,
    needs: SlotNeeds | undefined,
    permitted: readonly string[] | null = null,
  ): Promise<ChannelSlot | NoChannelSlot> {
    const serving = needs === undefined ? paths : paths.filter(({ asterisk }) => needs.canServe(asterisk));
    const usable = serving.filter((path) => state(path, caller).usable).slice(0, maxPaths);
    const [first] = usable;
    if (first === undefined) return { none: "telephony_unavailable", retryAfterMs: unavailableRetryMs };
    // From now on, so that of many that ask Redis at once no more go on than there is room for.
    const place = backlogs.enter(first.asterisk, caller.app);
    const leaseId = random.bytes(9).toString("base64url");
    const askedAtMs = clock.nowMs();
    const spare = needs?.sparePercent;
    const maxWaitMs = spare === undefined ? calls.max_queue_ms : Math.min(spareWaitMs, calls.max_queue_ms);
    const request = {
      ...{ leaseId, leaseMs: needs?.longestCallMs ?? parts.longestCallMs, maxWaitMs, caller },
      paths: usable.map((path) => (spare === undefined ? limited(path) : sparing(limited(path), spare))),
    };
    const answer = await admission.reserve(request).catch((error: unknown) => {
      place.leave();
      throw error;
    });
    if (answer.kind !== "taken" || answer.waitMs > soonMs || usable[answer.path]?.asterisk !== first.asterisk)
      place.leave();
    if (answer.kind === "full") return { none: "capacity", retryAfterMs: answer.retryAfterMs };
    if (answer.kind === "limited") {
      return { none: "app_limit", limit: answer.limit, retryAfterMs: answer.retryAfterMs };
    }
    const path = answer.kind === "taken" ? usable[answer.path] : undefined;
    if (answer.kind !== "taken" || path === undefined) {
      return { none: "telephony_unavailable", retryAfterMs: unavailableRetryMs };
    }
    const { waitMs } = answer;
    const originateByMs = askedAtMs + waitMs + mostLateMs;
    const ofTrunk = trunks[path.trunk]?.ranges ?? [];
    const ranges = permitted === null ? ofTrunk : ofTrunk.filter((range) => permitted.includes(range));
    const slot: ChannelSlot = { leaseId, app: caller.app, ...path, ranges, waitMs, originateByMs };
    callers.set(slot, { ...caller, callee });
    places.set(slot, place);
    // During the request to Redis its breaker may have opened, or its one probe begun.
    if (!state(path, caller).usable) {
      await settle(slot, "unused");
      const others = usable.filter((other) => other !== path);
      return takeOneOf(others, caller, callee, needs, permitted);
    }
    breakers.begin(path, slot, caller, answersOptions(ownHealth(path)));
    return slot;
  }

  async function end(slot: ChannelSlot, verdict: TrunkVerdict, event: SlotEvent, retryAfterMs = 0): Promise<void> {
    breakers.end(slot, slot, verdict, retryAfterMs);
    await settle(slot, event);
  }

  async function settle(slot: ChannelSlot, event: SlotEvent): Promise<void> {
    places.get(slot)?.leave();
    // A slot that is not the reserved one frees at least its trunk.
    const caller = callers.get(slot) ?? callerOf(callerLimits, slot.app ?? "", "+", true);
    const taken = { leaseId: slot.leaseId, path: limited(slot), caller };
    try {
      await admission.settle(taken, event);
    } catch {
      // That a phone rings is said again with the end of its call.
      if (event === "alerted") return;
      logger.warn({ trunk: slot.trunk }, "a slot could not be released: tried again, and free when its lease ends");
      lateReleases.add(taken, event);
    }
  }

  return {
    async reserve(callee, app, needs, ranges = null) {
      const paths = parts.router
        .pathsTo(callee)
        ?.filter((path) => ranges === null || ranges.some((range) => presents(path, range)));
      if (paths === undefined || paths.length === 0) return { none: "no_route", retryAfterMs: null };
      const withRoom = paths.filter(({ asterisk }) => backlogs.hasRoom(asterisk, app));
      // Before the limit of a second, which counts what it admits.
      if (withRoom.length === 0) return { none: "capacity", retryAfterMs: backlogRetryMs };
      const overloadedMs = overload.admit();
      if (overloadedMs !== null) return { none: "capacity", retryAfterMs: overloadedMs };
      const caller = callerOf(callerLimits, app, callee, false);
      const brakedMs = brakes.admit(app, caller.prefix);
      if (brakedMs !== null) return { none: "braked", retryAfterMs: brakedMs };
      return takeOneOf(withRoom, caller, callee, needs, ranges);
    },
    async reserveAnother(callee, range, tried, app, needs) {
      const paths = parts.router.pathsTo(callee) ?? [];
      const others = paths.filter((path) => presents(path, range) && isFresh(path, tried));
      return takeOneOf(others, callerOf(callerLimits, app, callee, true), callee, needs);
    },
    preview(callee, app, canServe = () => true, ranges = null) {
      const paths = parts.router
        .pathsTo(callee)
        ?.filter((path) => ranges === null || ranges.some((range) => presents(path, range)));
      if (paths === undefined || paths.length === 0) return { none: "no_route", retryAfterMs: null };
      const caller = callerOf(callerLimits, app, callee, false);
      const path = paths.find((one) => canServe(one.asterisk) && state(one, caller).usable);
      if (path === undefined) return { none: "telephony_unavailable", retryAfterMs: unavailableRetryMs };
      const ofTrunk = trunks[path.trunk]?.ranges ?? [];
      return { ...path, ranges: ranges === null ? ofTrunk : ofTrunk.filter((range) => ranges.includes(range)) };
    },
    release(slot) {
      if (clock.nowMs() > (slot.originateByMs ?? Number.POSITIVE_INFINITY)) overload.late();
      return end(slot, "nothing", "unused");
    },
    placing(slot) {
      places.get(slot)?.placing();
    },
    alerted(slot) {
      breakers.alerted(slot, slot);
      void settle(slot, "alerted");
    },
    async callEnded(slot, { verdict, answered, falseAnswer, wanted, rangMs, retryAfterMs }) {
      const caller = callers.get(slot);
      if (caller !== undefined) {
        brakes.ended({ ...caller, answered: answered && !wanted, falseAnswer: falseAnswer && !wanted });
      }
      if (rangMs !== null) overload.rang(rangMs - calls.ring_ms);
      await end(slot, verdict, answered ? "answered" : "ended", retryAfterMs);
    },
    stop: lateReleases.stop,
    paths: () =>
      Object.keys(trunks)
        .flatMap((trunk) => parts.router.pathsOf(trunk))
        .map((path) => {
          const reachable = ownHealth(path).usable;
          return { ...path, ...state(path, null), reachable, breaker: breakers.report(path) };
        }),
  };
}

/** Asterisk reports that the carrier answers; an unknown state is not enough. */
function answersOptions({ usable, answers }: TrunkHealth): boolean {
  return usable && answers === true;
}

function isFresh(path: TrunkPath, tried: readonly TriedPath[]): boolean {
  return !tried.some((one) => one.trunk === path.trunk && (one.asterisk === path.asterisk || one.carrierSpoke));
}

/** The path as a call sees it that gives way to others: with fewer slots. */
function sparing(path: LimitedPath, percent: number): LimitedPath {
  const part = ({ callsPerSecond, maxConcurrentCalls }: LimitedPath["trunkLimits"]) => ({
    callsPerSecond,
    maxConcurrentCalls: Math.floor((maxConcurrentCalls * percent) / 100),
  });
  return { ...path, trunkLimits: part(path.trunkLimits), asteriskLimits: part(path.asteriskLimits) };
}

function limitsOf(limits: { calls_per_second: number; max_concurrent_calls: number }) {
  return { callsPerSecond: limits.calls_per_second, maxConcurrentCalls: limits.max_concurrent_calls };
}
