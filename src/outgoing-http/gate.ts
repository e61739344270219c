/**
 * Whether a server may be asked now: its agreed rate (a token bucket), its back-off after "too many requests", and a
 * circuit breaker for when it is down. One for each account; each gateway process counts by itself.
 */
import { backoffMs } from "../shared/backoff.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";

/** How a request ended, as far as it says something of the server. */
export type GateResult =
  | { readonly kind: "fine" }
  /** It asked for fewer requests. @param retryAfterMs as it said; null where it did not */
  | { readonly kind: "throttled"; readonly retryAfterMs: number | null }
  | { readonly kind: "down"; readonly retryAfterMs: number | null }
  /** It refused our credentials or our account: no request can succeed until an operator has fixed it. */
  | { readonly kind: "denied"; readonly detail: string };

export type GateEntry =
  | { readonly open: true }
  | { readonly open: false; readonly why: "throttled" | "down"; readonly retryAfterMs: number };

export interface Gate {
  /** Takes a place in the rate. Every entry ends by `leave` or `result`, once. */
  enter(): GateEntry;
  /** The place was not used. */
  leave(): void;
  result(result: GateResult): void;
  /** Whether a request may be made, as far as the server's state says. */
  health(): { readonly up: boolean; readonly detail: string };
}

/** Failures in a row that open the circuit: a single one may be that request's. */
const failuresToOpen = 3;
const throttleBackoff = { firstMs: 1000, longestMs: 60_000 };
const downBackoff = { firstMs: 1000, longestMs: 30_000 };
const longestDownMs = 300_000;
/** A revoked credential is found working again within this time after the fix at the provider, without a restart. */
const deniedMs = 30_000;
/** While the circuit is half-open, a probe that never ends must not close the gate for ever. */
const probeMs = 60_000;

export function createGate(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly perSecond: number;
}): Gate {
  const { random, perSecond } = options;
  const clock = steadyClock(options.clock);
  const capacity = Math.max(1, perSecond);
  let tokens = capacity;
  let filledMs = clock.nowMs();
  let throttles = 0;
  let slowUntilMs = 0;
  let failures = 0;
  let closedUntilMs = 0;
  let probeUntilMs = 0;
  let denied: string | null = null;

  function fill(nowMs: number): void {
    tokens = Math.min(capacity, tokens + ((nowMs - filledMs) / 1000) * perSecond);
    filledMs = nowMs;
  }

  /** A server that is back sooner than it said is found again. */
  const downMs = (retryAfterMs: number | null) =>
    Math.min(retryAfterMs || backoffMs(Math.max(1, failures - failuresToOpen + 1), random, downBackoff), longestDownMs);
  const isTripped = () => failures >= failuresToOpen || denied !== null;
  const closed = (why: "throttled" | "down", untilMs: number, nowMs: number): GateEntry => ({
    ...{ open: false, why },
    retryAfterMs: Math.max(1, Math.ceil(untilMs - nowMs)),
  });

  return {
    enter() {
      const nowMs = clock.nowMs();
      const tripped = isTripped();
      if (tripped && nowMs < closedUntilMs) return closed("down", closedUntilMs, nowMs);
      // Half-open: one request finds out.
      if (tripped && nowMs < probeUntilMs) return closed("down", nowMs + downBackoff.firstMs, nowMs);
      if (nowMs < slowUntilMs) return closed("throttled", slowUntilMs, nowMs);
      fill(nowMs);
      if (tokens < 1) return closed("throttled", nowMs + ((1 - tokens) / perSecond) * 1000, nowMs);
      tokens--;
      if (tripped) probeUntilMs = nowMs + probeMs;
      return { open: true };
    },
    leave() {
      tokens = Math.min(capacity, tokens + 1);
      probeUntilMs = 0;
    },
    result(result) {
      const nowMs = clock.nowMs();
      probeUntilMs = 0;
      switch (result.kind) {
        case "fine":
          [throttles, failures, denied] = [0, 0, null];
          return;
        case "throttled":
          // It answers, so it is up.
          [failures, denied] = [0, null];
          // Of requests that were under way together the first one counts.
          if (nowMs < slowUntilMs) return;
          throttles++;
          // "At once" from a server that has just refused would be a tight loop.
          slowUntilMs = nowMs + (result.retryAfterMs || backoffMs(throttles, random, throttleBackoff));
          return;
        case "down":
          if (isTripped() && nowMs < closedUntilMs) return;
          failures++;
          if (!isTripped()) return;
          closedUntilMs = nowMs + downMs(result.retryAfterMs);
          return;
        case "denied":
          denied = result.detail;
          closedUntilMs = nowMs + deniedMs;
      }
    },
    health() {
      // Half-open it is up: what is down gets no requests, and one must find out.
      const up = clock.nowMs() >= closedUntilMs;
      if (denied !== null) return { up, detail: denied };
      if (failures >= failuresToOpen) return { up, detail: `${failures} requests in a row failed` };
      if (clock.nowMs() < slowUntilMs) return { up: true, detail: "asked to send fewer requests" };
      return { up: true, detail: "ok" };
    },
  };
}
