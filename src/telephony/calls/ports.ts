/** What verification asks of telephony: a slot, a short unanswered call on it, and how that went. */
import type { Outcome } from "./outcome.ts";

/**
 * A place for one call on a trunk through an Asterisk, taken with `ChannelSlots.take`. It is given to the dialer with an
 * attempt, or back with `ChannelSlots.release`; whoever loses it frees it only when its lease ends.
 */
export interface ChannelSlot {
  readonly leaseId: string;
  readonly trunk: string;
  readonly asterisk: string;
  /** Names of the caller-ID ranges that this trunk may present. */
  readonly ranges: readonly string[];
  /** The call's turn comes so long after the slot was taken; the dialer waits. */
  readonly waitMs: number;
  /** A call that was not placed by then (the clock's milliseconds) is not placed at all. Without it: whenever. */
  readonly originateByMs?: number;
}

/** One short call to place. */
export interface Attempt {
  readonly attemptId: string;
  /** E.164 with the plus sign. */
  readonly callee: string;
  /** E.164 with the plus sign. Secret until the verification ended. */
  readonly callerId: string;
  /** Which range the caller ID is of: where the first trunk fails, another that may present it is tried. */
  readonly range: string;
  /** The dialer's from now on. */
  readonly slot: ChannelSlot;
}

/** Where a call stands. Each callback is called at most once, in this order, and never after `ended`. */
export interface AttemptObserver {
  /** Asterisk accepted the call: the INVITE is in progress. */
  calling(): void;
  /** The phone rings (180, or 183 where the trunk's `ring_on` says so). */
  ringing(): void;
  ended(result: AttemptResult): void;
}

/** One trunk that was tried for an attempt. */
export interface Try {
  readonly trunk: string;
  readonly asterisk: string;
  readonly outcome: Outcome;
}

export interface AttemptResult {
  readonly outcome: Outcome;
  /** Whether the far end claimed alerting: the callee may have seen the call. */
  readonly alerted: boolean;
  /** INVITE to first 180, on the wire where the SIP capture saw it; null without one. */
  readonly postDialDelayMs: number | null;
  /** First 180 to the end (on the wire: to our CANCEL or the final response); null without one. */
  readonly ringMs: number | null;
  /** Final SIP status where known. */
  readonly sipStatus: number | null;
  /** The carrier's own Q.850 cause where the SIP capture saw one, else Asterisk's; null where the call never existed. */
  readonly q850Cause: number | null;
  readonly endedBy: "far_end" | "us" | "nobody";
  /** What all this rests on: SIP messages that the capture saw, or Asterisk's events alone. */
  readonly evidence: "sip" | "events";
  /** Answered with no alerting before: voicemail, or an answer that no person gave. */
  readonly falseAnswer: boolean;
  /** The trunk gave no response at all, not even 100 Trying; false where that is not known. */
  readonly silent: boolean;
  /**
   * No INVITE of this call can make a phone ring any more: its final response was seen, or none was ever sent. False
   * where that is not sure.
   */
  readonly inviteOver: boolean;
  /** Every trunk that was tried, in turn, the last one last; empty where none was. */
  readonly tries: readonly Try[];
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

/** Why no slot can be had. */
export type NoSlotReason = "no_route" | "telephony_unavailable" | "capacity";

export interface NoChannelSlot {
  readonly none: NoSlotReason;
  /** Trying again after this time may help; null: it will not. */
  readonly retryAfterMs: number | null;
}

export interface ChannelSlots {
  /**
   * Takes a slot for a call to this callee: on the first usable trunk of its route that has room within `max_queue_ms`.
   * @param callee E.164 with the plus sign
   * @throws {Refusal} `store_unavailable` where the calls of all gateways cannot be counted
   */
  reserve(callee: string): Promise<ChannelSlot | NoChannelSlot>;
  /**
   * Takes a slot for the same call, after those tried failed, on another trunk that may present the same caller ID.
   * With nothing tried, any trunk that may: for the second call of a code, whose caller ID was leased with the first.
   * A trunk whose carrier spoke is not asked again; one that Asterisk could not reach may be, through another Asterisk.
   * @param range name of the caller ID's range
   */
  reserveAnother(callee: string, range: string, tried: readonly Try[]): Promise<ChannelSlot | NoChannelSlot>;
  /** Gives back a slot on which nothing was placed. Never rejects. */
  release(slot: ChannelSlot): Promise<void>;
}
