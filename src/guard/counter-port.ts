/** The port from the guard to its counters, which all gateways share (src/redis/guard-store.ts). */

/** What is counted in a UTC day, of one app or of all. Null: no such limit. */
export interface CapBucket {
  /** Null: of all apps. */
  readonly app: string | null;
  /** ISO 3166; null: of all countries. */
  readonly country: string | null;
  readonly maxDeliveries: number | null;
  readonly maxMicros: number | null;
}

/** What is counted of one app in sliding windows of an hour and a day. 0: no such limit. */
export interface ScopeBucket {
  /** `<letter>:<hash>`; no number, no address. Some letters are treated apart, and have an order (lua/guard_decide.lua). */
  readonly suffix: string;
  readonly perHour: number;
  readonly perDay: number;
  /** Least threshold of unverified starts; 0: none is learned. */
  readonly dayFloor: number;
  readonly hourFloor: number;
}

export interface Learning {
  /** Of the verified ones, unverified starts in excess of what is usual. */
  readonly percent: number;
  /** Starts of an hour that may be in progress. */
  readonly inFlight: number;
  /** Unverified to 1000 verified ones, before it is learned. */
  readonly usual: number;
}

export interface CountRequest {
  readonly app: string;
  /** Whether it starts a verification that teaches. */
  readonly starts: boolean;
  readonly costMicros: number;
  readonly country: string | null;
  readonly learning: Learning;
  /** Those of all apps first. */
  readonly caps: readonly CapBucket[];
  readonly scopes: readonly ScopeBucket[];
  /** Whether the delivery goes on where a scope's limit is reached: then it counts for the caps. */
  readonly goesOn: boolean;
}

export type ReachedKind = "deliveries" | "cost" | "hour" | "day" | "learned_hour" | "learned_day";

/** In the windows, without this delivery. */
export interface ScopeCounts {
  readonly hour: number;
  readonly day: number;
  /** Unverified starts in excess of what is usual, and their threshold; null: not learned. */
  readonly excessHour: number | null;
  readonly hourThreshold: number | null;
  readonly excessDay: number | null;
  readonly dayThreshold: number | null;
}

export interface Reached {
  /** Which of the request's caps, then of its scopes, from 0. */
  readonly index: number;
  readonly kind: ReachedKind;
  readonly retryAfterMs: number;
  readonly caps: readonly { readonly deliveries: number; readonly micros: number }[];
  readonly scopes: readonly ScopeCounts[];
}

export interface CountAnswer {
  /** Null: nothing, and the delivery is counted. */
  readonly reached: Reached | null;
  /** Which the address had deliveries to in this day. */
  readonly countries: number;
}

/** Added to what was counted; negative: taken back. */
export interface Settlement {
  readonly app: string;
  readonly caps: readonly {
    readonly app: string | null;
    readonly country: string | null;
    /** Which UTC day, by a time in it. */
    readonly atMs: number;
    readonly deliveries: number;
    readonly micros: number;
  }[];
  readonly scopes: readonly {
    readonly suffix: string;
    readonly deliveries: number;
    readonly starts: number;
    readonly verified: number;
  }[];
}

/** Every method throws `Refusal("store_unavailable")` where the store did not answer. */
export interface GuardCounters {
  /** Judges and counts in one step. */
  count(request: CountRequest): Promise<CountAnswer>;
  settle(settlement: Settlement): Promise<void>;
}
