/**
 * Caller-ID reputation: none is shown more often than its caps allow, and caller IDs that carriers distrust go into
 * cool-down. The store counts, over all gateways; this module decides what to read, what to report and when to warn.
 *
 * A call is counted about 20 ms after its caller ID was leased, and the list of blocked ones is up to 250 ms old
 * (blocked-cache.ts), so calls that draw the same caller ID within that time may exceed its cap. It matters only where
 * the caller ID is one short of its cap.
 */
import type { Logger } from "pino";
import { calleePrefix } from "../numbers/callee-prefix.ts";
import type { BatchTimer } from "../shared/batch-timer.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { Publish } from "../shared/publish.ts";
import type { Outcome } from "../telephony/calls/outcome.ts";
import { createBlockedCache } from "./blocked-cache.ts";
import type { CallerIdEvents } from "./events.ts";
import { evidenceOf } from "./evidence.ts";
import { type Group, groupsOf, type Reserve, reserveOf } from "./reserve.ts";
import type { CallerIdRef, RangeStatus, ReputationStore } from "./store-port.ts";
import type { CallerId, CallerIdPool } from "./types.ts";
import { createUsageWriter } from "./usage-writer.ts";

/** Callee prefixes whose hashes are kept: most calls go to few of them. */
const maxPrefixHashes = 1000;
/** At most one warning per range in this time. */
const warnEveryMs = 60_000;

export interface Fitness extends Reserve {
  /** Those of the choices that may be shown, in their order. */
  readonly fit: readonly (readonly CallerId[])[];
  /** How many caller IDs of the ranges are unavailable: at most this many draws fail. */
  readonly unavailable: number;
}

/** The part of a `CallResult` that is evaluated. */
export interface EndedCall {
  /** Of the last try. */
  readonly alerted: boolean;
  /** Of the last try. */
  readonly sipStatus: number | null;
  /** Every trunk that was tried, in order. */
  /** The 603 of call analytics (ATIS-1000099): means the same as 608. */
  readonly networkBlocked: boolean;
  readonly attempts: readonly { readonly trunk: string; readonly outcome: Outcome }[];
}

export interface CallerIdReputation {
  /**
   * Which of the drawn caller IDs may be shown now.
   * @param ranges names of the ranges that they were drawn from
   * @param choices each of one caller ID or, for two calls, of two; fit where all of them are
   * @returns null where too much of all these ranges is unavailable to show any
   */
  look(
    ranges: readonly string[],
    codeLength: number | null,
    choices: readonly (readonly CallerId[])[],
  ): Promise<Fitness | null>;
  /** A call is placed from it. Returns at once and never throws. */
  placed(callerId: CallerId): void;
  /**
   * That call ended. Returns at once and never throws.
   * @param from callee and app of the call: one destination or app alone cannot block a caller ID
   */
  ended(callerId: CallerId, result: EndedCall, from: { readonly callee: string; readonly app: string }): void;
  /** How many caller IDs of each range are unavailable. */
  status(): Promise<readonly (RangeStatus & { readonly size: number })[]>;
  /** Resolves when all notes so far were handed to the store. */
  settled(): Promise<void>;
}

/** @param options.hash `Hashes.presented` */
export function createCallerIdReputation(options: {
  readonly store: ReputationStore;
  readonly pool: CallerIdPool;
  readonly ranges: readonly string[];
  readonly alarmUnavailablePercent: number;
  readonly hash: (callerId: string) => string;
  /** When notes of calls are written. */
  readonly batchTimer: BatchTimer;
  readonly clock: Clock;
  readonly publish: Publish<CallerIdEvents>;
  readonly logger: Logger;
}): CallerIdReputation {
  const { store, pool, hash, clock, publish, logger } = options;
  const steady = steadyClock(clock);
  const usageWriter = createUsageWriter({
    ...{ store, batchTimer: options.batchTimer, logger },
    onCooldown(cooldown) {
      publish("caller_id.cooldown", cooldown);
      logger.warn({ ...cooldown }, "caller ID in cool-down");
    },
  });
  /** By prefix; bounded by the configured ranges. */
  const warnedAtMs = new Map<string, number>();

  function warn(groups: readonly Group[]): void {
    for (const { prefix, ranges, size, unavailable } of groups) {
      if (unavailable * 100 < size * options.alarmUnavailablePercent) continue;
      const nowMs = steady.nowMs();
      if (nowMs - (warnedAtMs.get(prefix) ?? Number.NEGATIVE_INFINITY) < warnEveryMs) continue;
      warnedAtMs.set(prefix, nowMs);
      logger.warn(
        { ranges, size, unavailable },
        "much of a range is at a cap or in cool-down; above half it is not used",
      );
    }
  }

  /** A drawn caller ID is used again when its call is placed and ends: its hash is computed once. */
  const refs = new WeakMap<CallerId, CallerIdRef>();
  function refOf(callerId: CallerId): CallerIdRef {
    let ref = refs.get(callerId);
    if (ref === undefined) {
      ref = { range: callerId.range, hash: hash(callerId.number) };
      refs.set(callerId, ref);
    }
    return ref;
  }

  const prefixHashes = new Map<string, string>();
  function prefixHashOf(callee: string): string {
    const prefix = calleePrefix(callee);
    let found = prefixHashes.get(prefix);
    if (found === undefined) {
      if (prefixHashes.size >= maxPrefixHashes) prefixHashes.clear();
      found = hash(prefix);
      prefixHashes.set(prefix, found);
    }
    return found;
  }

  const sizeOf = (range: string) => [...pool.sizes([range], null).values()][0] ?? 0;
  const blocked = createBlockedCache({ store, clock, refOf });

  return {
    async look(ranges, codeLength, choices) {
      const drawn = choices.flat();
      const { fit, unavailable } = await blocked.look(ranges, drawn);
      const unavailableOf = new Map(ranges.map((range, i) => [range, unavailable[i] ?? 0]));
      const groups = groupsOf(pool, ranges, codeLength, (range) => unavailableOf.get(range) ?? 0);
      warn(groups);
      const room = reserveOf(groups);
      if (room === null) return null;
      const shown = new Set(drawn.filter(({ range }, i) => fit[i] === true && room.ranges.includes(range)));
      return {
        ...room,
        fit: choices.filter((choice) => choice.every((callerId) => shown.has(callerId))),
        unavailable: groups.reduce((sum, group) => sum + group.unavailable, 0),
      };
    },

    placed: (callerId) => usageWriter.add({ what: "attempt", ...refOf(callerId) }),

    ended(callerId, result, { callee, app }) {
      const ref = refOf(callerId);
      const from = { prefix: prefixHashOf(callee), app, rangeSize: sizeOf(callerId.range) };
      for (const [i, { trunk, outcome }] of result.attempts.entries()) {
        // Status and alerting are of the last attempt; the earlier ones failed over, so none of them rang.
        const last = i === result.attempts.length - 1;
        const what = evidenceOf(
          outcome,
          last && result.alerted,
          last ? result.sipStatus : null,
          last && result.networkBlocked,
        );
        if (what !== null) usageWriter.add({ what, trunk, ...ref, ...from });
      }
    },

    async status() {
      const ranges = await store.status(options.ranges);
      return ranges.map((reputation) => ({
        ...reputation,
        size: sizeOf(reputation.range),
      }));
    },

    settled: usageWriter.settled,
  };
}
