/** The port from calls to trunks: a channel slot before the call, and the call's evidence about the trunk after it. */
import type { CallerLimit, TrunkPath } from "./admission-port.ts";
import type { BreakerReport } from "./breakers.ts";
import type { TrunkHealth } from "./health.ts";
import type { TrunkVerdict } from "./verdict.ts";

/**
 * A channel slot for one call on a trunk through an Asterisk, taken with `ChannelSlots.reserve`. It is passed to the
 * dialer with a call, or released with `ChannelSlots.release`; a lost one becomes free when its lease ends.
 */
export interface ChannelSlot {
  readonly leaseId: string;
  /** The app that the call is for: another slot for the same call is reserved for it too. */
  readonly app?: string;
  readonly trunk: string;
  readonly asterisk: string;
  /** Names of the caller-ID ranges that this trunk may present for the app. */
  readonly ranges: readonly string[];
  /** The call may be originated this long after the slot was reserved; the dialer waits. */
  readonly waitMs: number;
  /** A call that was not placed by then (the clock's milliseconds) is not placed at all. Undefined: no deadline. */
  readonly originateByMs?: number;
}

/** Why no slot is available. */
export type NoSlotReason = "no_route" | "telephony_unavailable" | "capacity" | "app_limit" | "braked";

export interface NoChannelSlot {
  readonly none: NoSlotReason;
  /** With `app_limit`: the limit that was reached. */
  readonly limit?: CallerLimit;
  /** A retry after this time may succeed; null: it will not. */
  readonly retryAfterMs: number | null;
}

/** What a call that is no missed call needs of its slot. */
export interface SlotNeeds {
  /** Whether calls of this kind can be served through this Asterisk. */
  readonly canServe: (asterisk: string) => boolean;
  /** Longest duration of the call from its scheduled time to its end, in milliseconds. */
  readonly longestCallMs: number;
  /**
   * Of a call that gives way to others: it takes a slot only while less than this share of the slots of the trunk and its
   * Asterisk is taken, and waits for its scheduled time no longer than a moment. Left out: like any call.
   */
  readonly sparePercent?: number;
}

export interface ChannelSlots {
  /**
   * Takes a slot for a call to this callee: on the first usable trunk of its route that has room within `max_queue_ms`.
   * Within the app's limits and its share of the trunk.
   * @param callee E.164 with the plus sign
   * @param app its name in the configuration
   * @param needs of a call that is no missed call
   * @param ranges names of the caller-ID ranges that it may present; null: every one of the trunk
   * @throws {Refusal} `store_unavailable` where the calls of all gateways cannot be counted
   */
  reserve(
    callee: string,
    app: string,
    needs?: SlotNeeds,
    ranges?: readonly string[] | null,
  ): Promise<ChannelSlot | NoChannelSlot>;
  /**
   * Takes a slot for the same call, after those tried failed, on another trunk that may present the same caller ID.
   * With nothing tried, any trunk that may: for the second call of a code, whose caller ID was leased with the first.
   * A trunk whose carrier responded is not tried again; one that Asterisk could not reach may be, through another Asterisk.
   * Counts towards the app's concurrent calls only.
   * @param range name of the caller ID's range
   */
  reserveAnother(
    callee: string,
    range: string,
    tried: readonly TriedPath[],
    app: string,
    needs?: SlotNeeds,
  ): Promise<ChannelSlot | NoChannelSlot>;
  /**
   * The path that `reserve` would try first, and the ranges that it may present. Takes nothing: for calls that are only
   * simulated.
   */
  preview?(
    callee: string,
    app: string,
    canServe?: (asterisk: string) => boolean,
    ranges?: readonly string[] | null,
  ): Pick<ChannelSlot, "trunk" | "asterisk" | "ranges"> | NoChannelSlot;
  /** Releases a slot on which nothing was placed, with its scheduled time and its counts. Never rejects. */
  release(slot: ChannelSlot): Promise<void>;
}

/** A path on which an attempt of the same call failed. */
export interface TriedPath extends TrunkPath {
  /** The carrier responded: it would respond the same through another Asterisk. */
  readonly carrierSpoke: boolean;
}

/** The end of a call, as far as it matters to its trunk, its app's limits and this gateway's load. */
export interface EndedCall {
  readonly verdict: TrunkVerdict;
  readonly answered: boolean;
  /** Answered with no alerting before. */
  readonly falseAnswer: boolean;
  /** It was placed to be answered: its answer is no sign of fraud. */
  readonly wanted: boolean;
  /** Ring time of a missed call in milliseconds where we ended the ringing; else null. */
  readonly rangMs: number | null;
  /** From a final 503 (RFC 3261 section 21.5.4), in milliseconds; 0 without one. */
  readonly retryAfterMs: number;
}

export interface PathStatus extends TrunkPath, TrunkHealth {
  /** By the path's own evidence: Asterisk is connected and reports no fault. Circuit breakers do not count. */
  readonly reachable: boolean;
  readonly breaker: BreakerReport;
}

/** What the dialer needs in addition to `ChannelSlots`. */
export interface DialerSlots extends ChannelSlots {
  /** The call on this slot is originated now. Never throws. */
  placing(slot: ChannelSlot): void;
  /** The phone rings for the call on this slot. Never throws. */
  alerted(slot: ChannelSlot): void;
  /** The call on this slot is over. Never rejects. */
  callEnded(slot: ChannelSlot, call: EndedCall): Promise<void>;
  /** Every path of the configuration as this gateway sees it, whether or not it was taken out of service. */
  paths(): readonly PathStatus[];
}
