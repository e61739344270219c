/**
 * What routing asks of the place where all gateways count their calls together (src/redis/admission-store.ts). Every method
 * throws `Refusal("store_unavailable")` where the store gave no answer: then nothing may be placed.
 */

/** A trunk through one of its Asterisks. */
export interface TrunkPath {
  readonly trunk: string;
  readonly asterisk: string;
}

/** How fast calls may follow each other, and how many may be up, over all gateways. */
export interface AdmissionLimits {
  readonly callsPerSecond: number;
  readonly maxConcurrentCalls: number;
}

export interface LimitedPath extends TrunkPath {
  readonly trunkLimits: AdmissionLimits;
  readonly asteriskLimits: AdmissionLimits;
}

export interface ReserveRequest {
  /** Names the place; random. */
  readonly leaseId: string;
  /** The place is free again this long after its turn, should nobody give it back. */
  readonly leaseMs: number;
  /** Longest that the call may wait for its turn. */
  readonly maxWaitMs: number;
  /** In order of preference; at least one. */
  readonly paths: readonly LimitedPath[];
}

export type ReserveAnswer =
  /** A place on `paths[path]`; its turn comes in `waitMs`. */
  | { readonly kind: "taken"; readonly path: number; readonly waitMs: number }
  /** Each path is full or too busy; something may be free in `retryAfterMs`. */
  | { readonly kind: "full"; readonly retryAfterMs: number }
  /** Somebody took each way out of service. */
  | { readonly kind: "out_of_service" };

export interface Admission {
  reserve(request: ReserveRequest): Promise<ReserveAnswer>;
  /** Gives a place back; `unused`: no call was placed, so its turn goes to another. Doing so twice does no harm. */
  release(leaseId: string, path: LimitedPath, unused: boolean): Promise<void>;
}
