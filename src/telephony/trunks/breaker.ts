/**
 * A circuit breaker for one path (a trunk through one Asterisk), or for one callee prefix on a path: closed (used) → open
 * (no calls for a while) → half-open (one probe call at a time) → closed, or open for twice as long.
 *
 * Failures of one destination or one app must not close a trunk that all share. So the trunk's own evidence
 * (`trunk_failed`) opens it by the share of failed calls, and final responses (`call_failed`) open it only where several
 * distinct sources failed and no call at all was good within the window. One good call closes it again in that case.
 * Pure: each method takes the time. Memory: one entry for each of the last `window_calls` calls.
 */

import { backoffMs } from "../../shared/backoff.ts";
import type { Random } from "../../shared/random.ts";
import type { BreakerConfig } from "./routes-config.ts";
import type { TrunkVerdict } from "./verdict.ts";

export interface BreakerRules extends BreakerConfig {
  /** A probe without a result for this long is abandoned: longer than any call takes. */
  readonly probe_limit_ms: number;
  /** Distinct callee prefixes whose calls must have failed before final responses open it. */
  readonly failing_prefixes: number;
  /** Distinct apps, likewise. */
  readonly failing_apps: number;
  /** While the carrier answers OPTIONS, one call in this time is placed though it is open. */
  readonly share_ms: number;
}

export const breakerStates = ["closed", "open", "half_open"] as const;
export type BreakerState = (typeof breakerStates)[number];

/** Names the stretch between two changes of state in which a call began; see `record`. */
export type BreakerRound = number;

/** Possible causes of a call's failure other than the trunk. */
export interface CallSource {
  /** See `calleePrefix`. */
  readonly prefix: string;
  readonly app: string;
}

export interface Breaker {
  /**
   * Whether a call may be placed now: as usual, as the probe, as one of the share that goes on, or not. Changes nothing.
   * @param isReachable the carrier answers OPTIONS
   */
  allows(nowMs: number, isReachable?: boolean): "yes" | "probe" | "share" | "no";
  /**
   * A call is about to take a slot. Where a probe was allowed, this call is the probe: call `allows` and `begin` without
   * an await in between, or two calls become the one probe. What it returns goes to `record`.
   */
  begin(nowMs: number, isReachable?: boolean): BreakerRound;
  /**
   * The result of that call, exactly once; `nothing` where no call was placed. What began before the state last changed
   * counts only where it is good and the breaker was opened by final responses.
   * @param retryAfterMs Retry-After of the carrier's 503, else 0; applied when the breaker opens
   */
  record(round: BreakerRound, verdict: TrunkVerdict, nowMs: number, source?: CallSource, retryAfterMs?: number): void;
  state(nowMs: number): BreakerState;
  /** When the next probe may be placed; null: now, or when the probe ends. */
  retryAtMs(nowMs: number): number | null;
  /** For people; null where it is closed. */
  why(nowMs: number): string | null;
}

/** Of a call that was placed although the circuit was open. */
const uncounted: BreakerRound = -1;
/** Cap of Retry-After: a carrier that sent a longer one is probed earlier. */
const longestRetryAfterMs = 60_000;
const unknownSource: CallSource = { prefix: "", app: "" };

export function createBreaker(rules: BreakerRules, random: Random): Breaker {
  return new CircuitBreaker(rules, random);
}

interface Entry {
  readonly atMs: number;
  readonly verdict: TrunkVerdict;
  readonly source: CallSource;
  readonly retryAfterMs: number;
}

interface Open {
  readonly sinceMs: number;
  readonly pauseMs: number;
  readonly seen: string;
  readonly by: "trunk" | "calls";
}

class CircuitBreaker implements Breaker {
  readonly #rules: BreakerRules;
  readonly #random: Random;
  readonly #window: Entry[] = [];
  #round: BreakerRound = 0;
  /** Null: closed. */
  #open: Open | null = null;
  /** How often it opened without closing since. */
  #openings = 0;
  #goodProbes = 0;
  #probeSinceMs: number | null = null;
  #sharedAtMs = Number.NEGATIVE_INFINITY;
  /** Apart from the window: failures must not push the good calls out of it. */
  #goodAtMs = Number.NEGATIVE_INFINITY;

  constructor(rules: BreakerRules, random: Random) {
    this.#rules = rules;
    this.#random = random;
  }

  allows(nowMs: number, isReachable = false): "yes" | "probe" | "share" | "no" {
    const state = this.state(nowMs);
    if (state === "closed") return "yes";
    if (state === "half_open" && !this.#probeIsOut(nowMs)) return "probe";
    const sinceShareMs = nowMs - Math.max(this.#sharedAtMs, this.#open?.sinceMs ?? 0);
    return isReachable && (sinceShareMs >= this.#rules.share_ms || sinceShareMs < 0) ? "share" : "no";
  }

  begin(nowMs: number, isReachable = false): BreakerRound {
    const allowed = this.allows(nowMs, isReachable);
    if (allowed === "no") return uncounted;
    if (allowed === "share") this.#sharedAtMs = nowMs;
    if (allowed === "probe") {
      this.#round++;
      this.#probeSinceMs = nowMs;
    }
    return this.#round;
  }

  record(
    round: BreakerRound,
    verdict: TrunkVerdict,
    nowMs: number,
    source: CallSource = unknownSource,
    retryAfterMs = 0,
  ): void {
    if (verdict === "good") {
      this.#goodAtMs = nowMs;
      if (this.#open?.by === "calls") {
        this.#close();
        return;
      }
    }
    if (round !== this.#round) return;
    if (this.#open === null) this.#recordUse({ atMs: nowMs, verdict, source, retryAfterMs });
    else if (this.#probeSinceMs !== null) this.#recordProbe(verdict, nowMs, retryAfterMs);
    else if (verdict === "good") this.#recordGood();
  }

  state(nowMs: number): BreakerState {
    if (this.#open === null) return "closed";
    return this.#pauseLeftMs(nowMs) > 0 ? "open" : "half_open";
  }

  retryAtMs(nowMs: number): number | null {
    const leftMs = this.#pauseLeftMs(nowMs);
    return leftMs > 0 ? nowMs + leftMs : null;
  }

  why(nowMs: number): string | null {
    if (this.#open === null) return null;
    const leftMs = this.#pauseLeftMs(nowMs);
    if (leftMs > 0) return `circuit open for ${Math.ceil(leftMs / 1000)} s: ${this.#open.seen}`;
    return `circuit half-open, one call at a time until ${this.#rules.probes} in a row are good: ${this.#open.seen}`;
  }

  #recordUse(entry: Entry): void {
    if (entry.verdict === "nothing") return;
    this.#window.push(entry);
    while (this.#window.length > this.#rules.window_calls || this.#isOld(entry.atMs)) this.#window.shift();
    const seen = this.#whyToOpen(entry.atMs);
    if (seen !== null) this.#openAgain(entry.atMs, seen);
  }

  #whyToOpen(nowMs: number): Pick<Open, "by" | "seen"> | null {
    const { failures, failing_percent: percent, failing_prefixes: prefixes, failing_apps: apps } = this.#rules;
    const own = this.#window.filter(({ verdict }) => verdict === "trunk_failed");
    const ofAll = this.#window.length;
    if (own.length >= failures && 100 * own.length >= percent * ofAll) {
      return { by: "trunk", seen: `${own.length} of the last ${ofAll} calls failed on the trunk` };
    }
    const failed = this.#window.filter(({ verdict }) => verdict !== "good");
    const isGood = nowMs - this.#goodAtMs <= this.#rules.window_ms;
    if (isGood || failed.length < failures) return null;
    if (distinct(failed, ({ prefix }) => prefix) < prefixes || distinct(failed, ({ app }) => app) < apps) return null;
    return { by: "calls", seen: `${failed.length} calls failed and none was good` };
  }

  #isOld(nowMs: number): boolean {
    const [oldest] = this.#window;
    return oldest !== undefined && nowMs - oldest.atMs > this.#rules.window_ms;
  }

  #recordProbe(verdict: TrunkVerdict, nowMs: number, retryAfterMs: number): void {
    const by = this.#open?.by ?? "trunk";
    this.#probeSinceMs = null;
    if (verdict === "trunk_failed" || (verdict === "call_failed" && by === "calls")) {
      this.#openAgain(nowMs, { by, seen: `probe ${this.#goodProbes + 1} failed` }, retryAfterMs);
    }
    // A trunk that was opened by its own evidence did not respond; any response shows that it does again.
    if (verdict === "good" || (verdict === "call_failed" && by === "trunk")) this.#recordGood();
  }

  #recordGood(): void {
    this.#goodProbes++;
    if (this.#goodProbes >= this.#rules.probes) this.#close();
  }

  #close(): void {
    this.#round++;
    this.#open = null;
    this.#openings = 0;
    this.#window.length = 0;
    this.#probeSinceMs = null;
  }

  #openAgain(nowMs: number, { by, seen }: Pick<Open, "by" | "seen">, retryAfterMs = 0): void {
    this.#round++;
    this.#openings++;
    const limits = { firstMs: this.#rules.pause_ms, longestMs: this.#rules.longest_pause_ms };
    const asked = Math.min(longestRetryAfterMs, Math.max(retryAfterMs, ...this.#window.map((one) => one.retryAfterMs)));
    const pauseMs = Math.max(backoffMs(this.#openings, this.#random, limits), asked);
    this.#open = { sinceMs: nowMs, pauseMs, seen, by };
    this.#window.length = 0;
    this.#goodProbes = 0;
    this.#probeSinceMs = null;
  }

  /** A clock that was set back ends the pause instead of extending it. */
  #pauseLeftMs(nowMs: number): number {
    if (this.#open === null || nowMs < this.#open.sinceMs) return 0;
    return Math.max(0, this.#open.sinceMs + this.#open.pauseMs - nowMs);
  }

  #probeIsOut(nowMs: number): boolean {
    if (this.#probeSinceMs === null || nowMs < this.#probeSinceMs) return false;
    return nowMs - this.#probeSinceMs < this.#rules.probe_limit_ms;
  }
}

function distinct(entries: readonly Entry[], part: (source: CallSource) => string): number {
  return new Set(entries.map(({ source }) => part(source))).size;
}
