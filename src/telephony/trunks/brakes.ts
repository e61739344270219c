/**
 * Brakes an app, or a callee prefix, whose calls cost money or verify no one: answered calls,
 * answers without alerting (false answer supervision), codes that are delivered and never checked. A braked app or
 * prefix gets one call in `trickle_ms`; others are not affected. Old calls decay, so a brake releases by itself.
 * Memory of one gateway; pure but for the clock. Bounded by `mostBuckets` entries of `mostCallees` short hashes each.
 */
import type { Logger } from "pino";
import type { LimitsConfig } from "../../apps/limits-config.ts";
import { type Clock, steadyClock } from "../../shared/clock.ts";

export const brakeReasons = ["answered", "false_answer", "unchecked"] as const;
export type BrakeReason = (typeof brakeReasons)[number];

export interface EndedForBrake {
  readonly app: string;
  readonly prefix: string;
  /** Identifies the callee; kept in memory only. */
  readonly callee: string;
  readonly answered: boolean;
  readonly falseAnswer: boolean;
}

export interface BrakedNow {
  readonly kind: "app" | "prefix";
  /** The app; for a prefix its digits. */
  readonly name: string;
  readonly reason: BrakeReason;
}

export interface Brakes {
  /** Whether a call may go on now; a call of the trickle is consumed. @returns ms to wait, or null */
  admit(app: string, prefix: string): number | null;
  /** A call reached its end. */
  ended(call: EndedForBrake): void;
  /** A verification of this app, whose code was delivered, ended. */
  verificationEnded(app: string, checked: boolean): void;
  /** The current brakes. */
  braked(): readonly BrakedNow[];
}

const mostBuckets = 2000;
/** A callee counts once among this many: repeated calls to a few phones are no evidence about a prefix. */
const mostCallees = 200;

interface Bucket {
  calls: number;
  answered: number;
  falseAnswers: number;
  ended: number;
  unchecked: number;
  atMs: number;
  readonly callees: Set<string>;
  readonly answeredByPrefix: Map<string, number>;
  reason: BrakeReason | null;
  trickleAtMs: number;
}

export function createBrakes(options: {
  readonly rules: LimitsConfig["brake"];
  readonly clock: Clock;
  readonly logger: Logger;
}): Brakes {
  const { rules, logger } = options;
  const clock = steadyClock(options.clock);
  /** By `app <name>` or `prefix <digits>`; the least recently used one is evicted first. */
  const buckets = new Map<string, Bucket>();

  function bucketOf(key: string): Bucket {
    const nowMs = clock.nowMs();
    const bucket = buckets.get(key) ?? newBucket(nowMs);
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > mostBuckets) buckets.delete(buckets.keys().next().value ?? "");
    fade(bucket, nowMs, rules.window_seconds * 1000);
    return bucket;
  }

  function judge(key: string, bucket: Bucket): void {
    const reason = reasonOf(bucket);
    if (reason === bucket.reason) return;
    // A callee's prefix is not a complete number, and the operator needs it to ask the carrier.
    if (reason !== null) logger.warn({ braked: key, reason, calls: Math.round(bucket.calls) }, "calls are braked");
    else logger.info({ braked: key, was: bucket.reason }, "calls are no longer braked");
    bucket.reason = reason;
  }

  function reasonOf({ calls, answered, falseAnswers, ended, unchecked }: Bucket): BrakeReason | null {
    const isOver = (part: number, all: number, percent: number) => all >= rules.sample && part * 100 >= percent * all;
    if (isOver(answered, calls, rules.answered_percent)) return "answered";
    if (isOver(falseAnswers, calls, rules.false_answer_percent)) return "false_answer";
    return isOver(unchecked, ended, rules.unchecked_percent) ? "unchecked" : null;
  }

  /** The current bucket of a key; none is created for a key that was never seen. */
  function known(key: string): Bucket | null {
    const bucket = buckets.get(key);
    if (bucket === undefined) return null;
    fade(bucket, clock.nowMs(), rules.window_seconds * 1000);
    judge(key, bucket);
    return bucket;
  }

  /** @param isBlamed false where this prefix was blamed on the app often enough */
  function count(key: string, call: EndedForBrake, isBlamed: (bucket: Bucket) => boolean): void {
    const bucket = bucketOf(key);
    if (!bucket.callees.has(call.callee) && isBlamed(bucket)) {
      bucket.callees.add(call.callee);
      if (bucket.callees.size > mostCallees) bucket.callees.delete(bucket.callees.values().next().value ?? "");
      bucket.calls += 1;
      if (call.answered) bucket.answered += 1;
      if (call.falseAnswer) bucket.falseAnswers += 1;
    }
    judge(key, bucket);
  }

  /** One destination alone must not brake a whole app: its bad calls count for a third of the sample at most. */
  function blames(bucket: Bucket, { prefix, answered }: EndedForBrake): boolean {
    if (!answered) return true;
    const before = bucket.answeredByPrefix.get(prefix) ?? 0;
    if (before >= rules.sample / 3) return false;
    if (before > 0 || bucket.answeredByPrefix.size < mostCallees) bucket.answeredByPrefix.set(prefix, before + 1);
    return true;
  }

  return {
    admit(app, prefix) {
      const braked = [known(`app ${app}`), known(`prefix ${prefix}`)].filter((one) => one?.reason != null) as Bucket[];
      const nowMs = clock.nowMs();
      const waitMs = Math.max(0, ...braked.map(({ trickleAtMs }) => trickleAtMs + rules.trickle_ms - nowMs));
      if (waitMs > 0) return waitMs;
      for (const bucket of braked) bucket.trickleAtMs = nowMs;
      return null;
    },
    ended(call) {
      count(`prefix ${call.prefix}`, call, () => true);
      count(`app ${call.app}`, call, (bucket) => blames(bucket, call));
    },
    verificationEnded(app, checked) {
      const bucket = bucketOf(`app ${app}`);
      bucket.ended += 1;
      if (!checked) bucket.unchecked += 1;
      judge(`app ${app}`, bucket);
    },
    braked() {
      return [...buckets.keys()].flatMap((key) => {
        const reason = known(key)?.reason ?? null;
        const kind = key.startsWith("app ") ? ("app" as const) : ("prefix" as const);
        return reason === null ? [] : [{ kind, name: key.slice(kind.length + 1), reason }];
      });
    },
  };
}

function newBucket(atMs: number): Bucket {
  return {
    ...{ calls: 0, answered: 0, falseAnswers: 0, ended: 0, unchecked: 0, atMs },
    ...{
      callees: new Set<string>(),
      answeredByPrefix: new Map<string, number>(),
      reason: null,
      trickleAtMs: Number.NEGATIVE_INFINITY,
    },
  };
}

/** Halves what was seen in each half-life, in steps of a tenth of it. */
function fade(bucket: Bucket, nowMs: number, halfLifeMs: number): void {
  const steps = Math.floor((10 * (nowMs - bucket.atMs)) / halfLifeMs);
  if (steps === 0) return;
  // A clock that was set back must not cause decay.
  const factor = steps > 0 ? 0.5 ** (steps / 10) : 1;
  bucket.atMs = nowMs;
  bucket.calls *= factor;
  bucket.answered *= factor;
  bucket.falseAnswers *= factor;
  bucket.ended *= factor;
  bucket.unchecked *= factor;
  if (steps < 10) return;
  bucket.callees.clear();
  bucket.answeredByPrefix.clear();
}
