/**
 * The port from routing to the store where all gateways count their calls together (src/redis/admission-store.ts). Every
 * method throws `Refusal("store_unavailable")` where the store did not answer: then nothing may be placed.
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

/** Limits of one app, and of one app to one callee prefix, in the order in which they are checked. */
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

/** App and callee prefix of a call, with their limits; null: no such limit. */
export interface Caller extends Readonly<Record<CallerLimit, number | null>> {
  readonly app: string;
  /** See `calleePrefix`. */
  readonly prefix: string;
  /** Share of a trunk under pressure. */
  readonly weight: number;
  /** There are other apps, so none may take a whole trunk. */
  readonly sharesTrunks: boolean;
  /** Counts towards concurrent calls only: this call was counted when it began. */
  readonly isNext: boolean;
}

export interface ReserveRequest {
  /** Names the slot; random. */
  readonly leaseId: string;
  /** The lease: the slot becomes free this long after its scheduled time if it is not released. */
  readonly leaseMs: number;
  /** Longest wait until the call's scheduled time. */
  readonly maxWaitMs: number;
  readonly caller: Caller;
  /** In order of preference; at least one. */
  readonly paths: readonly LimitedPath[];
}

export type ReserveAnswer =
  /** A slot on `paths[path]`, scheduled in `waitMs`. */
  | { readonly kind: "taken"; readonly path: number; readonly waitMs: number }
  /** Each path is full or too busy; a slot may be free in `retryAfterMs`. */
  | { readonly kind: "full"; readonly retryAfterMs: number }
  /** The app, or the app with this prefix, has reached a limit of its own. */
  | { readonly kind: "limited"; readonly limit: CallerLimit; readonly retryAfterMs: number }
  /** Each path was taken out of service. */
  | { readonly kind: "out_of_service" };

/**
 * `unused`: no call was placed, so its scheduled time and its counts are returned at once. `alerted`: the phone rings; the
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
  /** Reports what happened on a slot: all but `alerted` free it. Idempotent. */
  settle(slot: TakenSlot, event: SlotEvent): Promise<void>;
}
