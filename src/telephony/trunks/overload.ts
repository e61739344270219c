/**
 * Admits fewer calls while the gateway or its Asterisks are late: additive increase, multiplicative decrease (RFC 5681
 * section 3.1; RFC 7415 asks the same of a SIP server under overload) of the calls a second that this gateway begins.
 * Each second is judged as a whole. While nothing was late there is no limit at all.
 */
import type { Logger } from "pino";
import type { LimitsConfig } from "../../apps/limits-config.ts";
import { type Clock, steadyClock } from "../../shared/clock.ts";

export interface Overload {
  /** Admits one call. @returns null, or after how many ms the next one may be admitted */
  admit(): number | null;
  /** Records the delay of Asterisk's reply to an originate. */
  originated(tookMs: number): void;
  /** Records how much later than planned a ring ended; 0 or less: in time. */
  rang(overrunMs: number): void;
  /** A call was not placed, or was hung up at once, because its deadline had passed. */
  late(): void;
  /** Calls a second that are admitted now; null: no limit. */
  readonly callsPerSecond: number | null;
}

const intervalMs = 1000;
const decrease = 0.7;
/** Part of the limit that is added in a good second. */
const increase = 0.1;
/** A lower rate does not overload a gateway, so it begins no limit; nor does one stall (a paused machine, garbage collection). */
const leastPerSecond = 10;
const lateSeconds = 2;
/** The limit is removed when the call rate stays this far below it for this many seconds. */
const calmSeconds = 10;
/** With fewer originates in a second their p99 is not meaningful. */
const leastSamples = 5;
/** Late rings in a second, in percent, that count as lateness of the gateway: one alone may be the carrier's. */
const lateRingPercent = 5;

/** @param options.eventLoopDelayMs p99 of the delay since it was last asked */
export function createOverload(options: {
  readonly rules: LimitsConfig["overload"];
  readonly eventLoopDelayMs: () => number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn" | "info">;
}): Overload {
  const { rules, logger } = options;
  const clock = steadyClock(options.clock);
  let limit: number | null = null;
  let startedMs = clock.nowMs();
  let calm = 0;
  let late = 0;
  let second = newSecond();

  function whyLate(): string | null {
    const delayMs = options.eventLoopDelayMs();
    if (delayMs > rules.event_loop_delay_ms) return `event loop delayed by ${Math.round(delayMs)} ms (p99)`;
    const { originateMs, rings, lateRings, lateCalls } = second;
    const p99 = quantile(originateMs, 0.99);
    if (originateMs.length >= leastSamples && p99 > rules.originate_ms) {
      return `Asterisk replied to an originate after ${Math.round(p99)} ms (p99)`;
    }
    if (lateCalls > 0) return `${lateCalls} calls were not placed in time`;
    if (rings >= leastSamples && lateRings * 100 >= rings * lateRingPercent)
      return `${lateRings} of ${rings} rings ended late`;
    return null;
  }

  /** Judges the second that is over, together with the seconds without any call after it. */
  function nextSecond(): void {
    const nowMs = clock.nowMs();
    const passedMs = nowMs - startedMs;
    if (passedMs >= 0 && passedMs < intervalMs) return;
    const reason = whyLate();
    // A clock that was set back counts as one second.
    const seconds = Math.max(1, Math.floor(passedMs / intervalMs));
    const begun = second.begun / seconds;
    late = reason === null ? 0 : late + 1;
    if (reason !== null) {
      calm = 0;
      if (limit !== null || (late >= lateSeconds && begun > leastPerSecond)) lower(reason, begun);
    } else if (limit !== null) {
      limit += Math.max(1, limit * increase);
      calm = begun < limit / 2 ? calm + seconds : 0;
      if (calm >= calmSeconds) {
        limit = null;
        calm = 0;
        logger.info({}, "overload is over");
      }
    }
    startedMs = nowMs;
    second = newSecond();
  }

  function lower(reason: string, begun: number): void {
    limit = Math.max(leastPerSecond, Math.min(limit ?? Number.POSITIVE_INFINITY, begun) * decrease);
    logger.warn({ reason, callsPerSecond: Math.floor(limit) }, "overload: fewer calls are admitted");
  }

  return {
    admit() {
      nextSecond();
      if (limit !== null && second.begun >= limit) return Math.max(1, startedMs + intervalMs - clock.nowMs());
      second.begun += 1;
      return null;
    },
    originated(tookMs) {
      nextSecond();
      // Enough for the second's p99; a bound on memory.
      if (second.originateMs.length < 10_000) second.originateMs.push(tookMs);
    },
    rang(overrunMs) {
      nextSecond();
      second.rings += 1;
      if (overrunMs > rules.ring_overrun_ms) second.lateRings += 1;
    },
    late() {
      nextSecond();
      second.lateCalls += 1;
    },
    get callsPerSecond() {
      return limit === null ? null : Math.floor(limit);
    },
  };
}

function newSecond() {
  return { begun: 0, originateMs: [] as number[], rings: 0, lateRings: 0, lateCalls: 0 };
}

function quantile(values: number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
