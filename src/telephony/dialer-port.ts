/** What verification asks of telephony: place a short unanswered call and tell how it went. */
import type { Outcome } from "./outcome.ts";

/** One short call to place. */
export interface Attempt {
  readonly attemptId: string;
  /** E.164 with the plus sign. */
  readonly callee: string;
  /** E.164 with the plus sign. Secret until the verification ended. */
  readonly callerId: string;
  /** Name of the trunk, chosen by `Trunks.choose`. */
  readonly trunk: string;
}

/** Where a call stands. Each callback is called at most once, in this order, and never after `ended`. */
export interface AttemptObserver {
  /** Asterisk accepted the call: the INVITE is under way. */
  calling(): void;
  /** The phone rings (180, or 183 where the trunk's `ring_on` says so). */
  ringing(): void;
  ended(result: AttemptResult): void;
}

export interface AttemptResult {
  readonly outcome: Outcome;
  /** Whether the far end claimed alerting: the callee may have seen the call. */
  readonly alerted: boolean;
  /** INVITE to first 180; null without one. */
  readonly postDialDelayMs: number | null;
  /** First 180 to the end; null without one. */
  readonly ringMs: number | null;
  /** Final SIP status where known. */
  readonly sipStatus: number | null;
  /** Q.850 cause as Asterisk reported it; null where the call never existed. */
  readonly q850Cause: number | null;
  readonly endedBy: "far_end" | "us" | "nobody";
}

export interface Dialer {
  /**
   * Longest that an attempt can take from `place` to `ended`: set-up limit, ring time, hang-up and a margin.
   * A call that has not ended by then was lost with its gateway.
   */
  readonly longestCallMs: number;
  /** Places the call; never throws: what goes wrong is the attempt's outcome. Returns at once. */
  place(attempt: Attempt, observer: AttemptObserver): void;
  /** Ends the call of this attempt as soon as possible; its outcome becomes `canceled` if it had not ended. */
  cancel(attemptId: string): void;
  /** How many calls are up. */
  readonly liveCalls: number;
  /** Resolves when no call is up; after `graceMs` the ones that are left are canceled. */
  drain(graceMs: number): Promise<void>;
}

/** Why no trunk can be given. */
export type NoTrunk = "no_route" | "telephony_unavailable" | "capacity";

export interface Trunks {
  /**
   * The trunk for a callee now, and the caller-ID ranges it may present.
   * @param callee E.164 with the plus sign
   */
  choose(callee: string): { readonly trunk: string; readonly ranges: readonly string[] } | { readonly none: NoTrunk };
  /** Trunks by name with whether each can be used now, for /readyz and metrics. */
  status(): readonly { readonly trunk: string; readonly usable: boolean; readonly why: string }[];
}
