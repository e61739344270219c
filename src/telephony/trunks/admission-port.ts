/**
 * What routing asks of the place where all gateways count their calls together (src/redis/admission-store.ts). Every method
 * throws `Refusal("store_unavailable")` where the store gave no answer: then nothing may be placed.
 */

/** A trunk through one of its Asterisks. */
export interface Way {
  readonly trunk: string;
  readonly asterisk: string;
}

/** How fast calls may follow each other, and how many may be up, over all gateways. */
export interface PaceLimits {
  readonly callsPerSecond: number;
  readonly maxConcurrentCalls: number;
}

export interface PacedWay extends Way {
  readonly trunkLimits: PaceLimits;
  readonly asteriskLimits: PaceLimits;
}

export interface TakeRequest {
  /** Names the place; random. */
  readonly leaseId: string;
  /** The place is free again this long after its turn, should nobody give it back. */
  readonly leaseMs: number;
  /** Longest that the call may wait for its turn. */
  readonly maxWaitMs: number;
  /** In order of preference; at least one. */
  readonly ways: readonly PacedWay[];
}

export type TakeAnswer =
  /** A place on `ways[way]`; its turn comes in `waitMs`. */
  | { readonly kind: "taken"; readonly way: number; readonly waitMs: number }
  /** Each way is full or too busy; something may be free in `retryAfterMs`. */
  | { readonly kind: "full"; readonly retryAfterMs: number }
  /** Somebody took each way out of service. */
  | { readonly kind: "out_of_service" };

export interface Pacing {
  take(request: TakeRequest): Promise<TakeAnswer>;
  /** Gives a place back; `unused`: no call was placed, so its turn goes to another. Doing so twice does no harm. */
  release(leaseId: string, way: PacedWay, unused: boolean): Promise<void>;
}
