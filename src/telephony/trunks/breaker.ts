/**
 * Leaves a path (a trunk through one Asterisk) alone while its calls fail by its own fault, and finds out when it works
 * again: closed (used) → open (left alone) → half-open (one probe call at a time) → closed, or open for twice as long.
 * Pure: time comes in with each question. Memory: one short note for each of the last `window_calls` calls.
 */

import { backoffMs } from "../../shared/backoff.ts";
import type { Random } from "../../shared/random.ts";
import type { BreakerConfig } from "./routes-config.ts";
import type { TrunkVerdict } from "./verdict.ts";

export interface BreakerRules extends BreakerConfig {
  /** A probe of which nothing is heard for this long is given up: longer than any call takes. */
  readonly probe_limit_ms: number;
}

export const breakerStates = ["closed", "open", "half_open"] as const;
export type BreakerState = (typeof breakerStates)[number];

/** Names the stretch between two changes of state in which a call began; see `record`. */
export type BreakerRound = number;

export interface Breaker {
  /** Whether a call may be placed on this path now: as usual, as the probe, or not. Changes nothing. */
  allows(nowMs: number): "yes" | "probe" | "no";
  /**
   * A call is about to take a slot on this path. Where a probe was allowed, this is it: ask `allows` and begin without
   * awaiting anything in between, or two calls are the one probe. What it returns goes to `record`.
   */
  begin(nowMs: number): BreakerRound;
  /**
   * What came of that line, exactly once; `nothing` where no call was placed after all. What began before the state last
   * changed is not counted: calls that were up when the trunk failed say nothing of whether it has recovered.
   */
  record(round: BreakerRound, verdict: TrunkVerdict, nowMs: number): void;
  state(nowMs: number): BreakerState;
  /** When the next call may be placed, in milliseconds since the epoch; null: now, or when the probe ends. */
  retryAtMs(nowMs: number): number | null;
  /** For people; null where the path is used as usual. */
  why(nowMs: number): string | null;
}

/** Of a call that was placed although the path was to be left alone. */
const uncounted: BreakerRound = -1;

export function createBreaker(rules: BreakerRules, random: Random): Breaker {
  return new WayBreaker(rules, random);
}

class WayBreaker implements Breaker {
  readonly #rules: BreakerRules;
  readonly #random: Random;
  readonly #window: { readonly atMs: number; readonly failed: boolean }[] = [];
  #round: BreakerRound = 0;
  /** Null: closed. */
  #open: { readonly sinceMs: number; readonly pauseMs: number; readonly seen: string } | null = null;
  /** How often it opened without closing since. */
  #openings = 0;
  #goodProbes = 0;
  #probeSinceMs: number | null = null;

  constructor(rules: BreakerRules, random: Random) {
    this.#rules = rules;
    this.#random = random;
  }

  allows(nowMs: number): "yes" | "probe" | "no" {
    const state = this.state(nowMs);
    if (state === "closed") return "yes";
    return state === "half_open" && !this.#probeIsOut(nowMs) ? "probe" : "no";
  }

  begin(nowMs: number): BreakerRound {
    const allowed = this.allows(nowMs);
    if (allowed === "no") return uncounted;
    if (allowed === "probe") {
      this.#round++;
      this.#probeSinceMs = nowMs;
    }
    return this.#round;
  }

  record(round: BreakerRound, verdict: TrunkVerdict, nowMs: number): void {
    if (round !== this.#round) return;
    if (this.#open === null) this.#recordUse(verdict, nowMs);
    else if (this.#probeSinceMs !== null) this.#recordProbe(verdict, nowMs);
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
    if (leftMs > 0) return `left alone for ${Math.ceil(leftMs / 1000)} s more: ${this.#open.seen}`;
    return `one call at a time until ${this.#rules.probes} in a row are good: ${this.#open.seen}`;
  }

  #recordUse(verdict: TrunkVerdict, nowMs: number): void {
    if (verdict === "nothing") return;
    this.#window.push({ atMs: nowMs, failed: verdict === "failed" });
    while (this.#window.length > this.#rules.window_calls || this.#isOld(nowMs)) this.#window.shift();
    const failures = this.#window.filter(({ failed }) => failed).length;
    const share = (100 * failures) / this.#window.length;
    if (failures < this.#rules.failures || share < this.#rules.failing_percent) return;
    this.#leaveAlone(nowMs, `${failures} of the last ${this.#window.length} calls failed on the trunk`);
  }

  #isOld(nowMs: number): boolean {
    const [oldest] = this.#window;
    return oldest !== undefined && nowMs - oldest.atMs > this.#rules.window_ms;
  }

  #recordProbe(verdict: TrunkVerdict, nowMs: number): void {
    this.#probeSinceMs = null;
    if (verdict === "failed") this.#leaveAlone(nowMs, `probe ${this.#goodProbes + 1} failed`);
    if (verdict !== "good") return;
    this.#goodProbes++;
    if (this.#goodProbes < this.#rules.probes) return;
    this.#round++;
    this.#open = null;
    this.#openings = 0;
  }

  #leaveAlone(nowMs: number, seen: string): void {
    this.#round++;
    this.#openings++;
    const limits = { firstMs: this.#rules.pause_ms, longestMs: this.#rules.longest_pause_ms };
    this.#open = { sinceMs: nowMs, pauseMs: backoffMs(this.#openings, this.#random, limits), seen };
    this.#window.length = 0;
    this.#goodProbes = 0;
    this.#probeSinceMs = null;
  }

  /** A clock that was set back ends the pause, rather than stretching it by as much. */
  #pauseLeftMs(nowMs: number): number {
    if (this.#open === null || nowMs < this.#open.sinceMs) return 0;
    return Math.max(0, this.#open.sinceMs + this.#open.pauseMs - nowMs);
  }

  #probeIsOut(nowMs: number): boolean {
    if (this.#probeSinceMs === null || nowMs < this.#probeSinceMs) return false;
    return nowMs - this.#probeSinceMs < this.#rules.probe_limit_ms;
  }
}
