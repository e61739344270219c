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

/** Limits of one app, and of one app to one callee prefix; the order in which they are looked at. */
export const callerLimits = [
  "app_calls_per_second",
  "app_concurrent_calls",
  "app_calls_per_day",
  "app_answered_per_day",
  "prefix_calls_per_second",
  "prefix_concurrent_calls",
  "prefix_calls_per_day",
] as const;
export type CallerLimit = (typeof callerLimits)[number];

/** Who calls whom; null: no such limit. */
export interface Caller extends Readonly<Record<CallerLimit, number | null>> {
  readonly app: string;
  /** See `calleePrefix`. */
  readonly prefix: string;
  /** Share of a trunk under pressure. */
  readonly weight: number;
  /** There are other apps, so no one may take a whole trunk. */
  readonly sharesTrunks: boolean;
  /** Counts for calls at once only: this call was counted when it began. */
  readonly isNext: boolean;
}

export interface ReserveRequest {
  /** Names the slot; random. */
  readonly leaseId: string;
  /** The slot is free again this long after its turn, should nobody release it. */
  readonly leaseMs: number;
  /** Longest that the call may wait for its turn. */
  readonly maxWaitMs: number;
  readonly caller: Caller;
  /** In order of preference; at least one. */
  readonly paths: readonly LimitedPath[];
}

export type ReserveAnswer =
  /** A slot on `paths[path]`; its turn comes in `waitMs`. */
  | { readonly kind: "taken"; readonly path: number; readonly waitMs: number }
  /** Each path is full or too busy; something may be free in `retryAfterMs`. */
  | { readonly kind: "full"; readonly retryAfterMs: number }
  /** The app, or the app with this prefix, has reached a limit of its own. */
  | { readonly kind: "limited"; readonly limit: CallerLimit; readonly retryAfterMs: number }
  /** Each path was taken out of service. */
  | { readonly kind: "out_of_service" };

/**
 * `unused`: no call was placed, so its turn and what it counted for go back at once. `alerted`: the phone rings; the
 * slot stays taken.
 */
export type SlotEvent = "unused" | "alerted" | "ended" | "answered";

/** A slot that was taken. */
export interface TakenSlot {
  readonly leaseId: string;
  readonly path: LimitedPath;
  readonly caller: Caller;
}

export interface Admission {
  reserve(request: ReserveRequest): Promise<ReserveAnswer>;
  /** What became of a slot: all but `alerted` free it. Doing so twice does no harm. */
  settle(slot: TakenSlot, event: SlotEvent): Promise<void>;
}
