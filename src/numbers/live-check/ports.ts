/** The ports of live checks: what lookups ask, and what a check needs of telephony, the store and the guard. */
import type { LiveReading, LiveResult } from "./types.ts";

/** Whose state in the store it is: a keyed hash (verification/hashes.ts). */
export interface LiveCallee {
  readonly bucket: string;
  readonly hash: string;
}

/** One number to ask the network about. */
export interface LiveAsk {
  readonly app: string;
  /** E.164 with the plus sign. */
  readonly to: string;
  /** ISO 3166; null: of no country. */
  readonly country: string | null;
  /** Whether policy allows to call it. */
  readonly callable: boolean;
  /** Names of the caller-ID ranges that the app's calls may present; null: every one. */
  readonly ranges: readonly string[] | null;
  /** Aborted where the client no longer waits: the call is canceled. */
  readonly gone: AbortSignal;
}

export interface LiveCheck {
  /**
   * Asks the network about a number by a call that is canceled at the first sign of the phone, or says what was learned
   * within the last `repeat_hours`. Within `answer_within_ms`. Never rejects: what cannot be known is `unknown`.
   */
  check(ask: LiveAsk): Promise<LiveResult>;
  /** Cancels the calls in progress and begins no more; resolves when their ends are stored. */
  drain(): Promise<void>;
}

/** Of one call. */
export interface CallAsk {
  /** Unique; at most 40 of [A-Za-z0-9_-]. */
  readonly id: string;
  readonly app: string;
  /** E.164 with the plus sign. */
  readonly callee: string;
  readonly ranges: readonly string[] | null;
  /** The call must be over within this time: its set-up limit is what a hang-up and its proof leave of it. */
  readonly withinMs: number;
  /** Aborted: it is hung up, or not placed. */
  readonly canceled: AbortSignal;
  /** Takes the callee for this call, with one of these caller IDs. @returns which one; null: the call must not be placed */
  begin(offer: CallOffer): Promise<number | null>;
}

export interface CallOffer {
  /** Hashes of the caller IDs as this callee sees them. */
  readonly callerIds: readonly string[];
  /** How many caller IDs may be in cool-down for the callee. */
  readonly maxCoolingDown: number;
  /** A call that has not ended by then was lost with its gateway, in ms from now. */
  readonly lostMs: number;
  /** It should be over by then, in ms from now. */
  readonly overMs: number;
}

export type CallAnswer =
  | { readonly kind: "not_placed"; readonly why: NotPlaced; readonly retryAfterMs: number | null }
  | {
      readonly kind: "ended";
      readonly reading: LiveReading;
      /** Whether an INVITE was sent. */
      readonly invited: boolean;
      /** Whether a phone may ring on: its end was not seen. */
      readonly mayStillRing: boolean;
      /** What each trunk said, in order. */
      readonly attempts: readonly { readonly trunk: string; readonly outcome: string }[];
    };

/** `taken`: `begin` said so. */
export type NotPlaced = "taken" | "deadline" | "no_capacity" | "limited" | "unavailable" | "not_callable";

/** Places the calls: src/telephony/live-check. */
export interface LiveCaller {
  /** Never rejects. */
  call(ask: CallAsk): Promise<CallAnswer>;
}

/** What is known in the store of a callee. */
export type StoreAnswer =
  /** An answer that is not too old. @property leftMs until the network may be asked again */
  | {
      readonly kind: "known";
      readonly atMs: number;
      readonly ageMs: number;
      readonly leftMs: number;
      readonly reading: LiveReading;
    }
  /** Another check of it is in progress. */
  | { readonly kind: "under_way" }
  /** Somebody is calling this person, or verifies them. */
  | { readonly kind: "busy"; readonly with: "call" | "verification"; readonly retryAfterMs: number | null }
  /** No caller ID that was offered may be shown to it. */
  | { readonly kind: "no_caller_id" }
  | { readonly kind: "free" }
  | { readonly kind: "begun"; readonly choice: number };

/** What a check counts towards. */
export interface AdmitRequest {
  readonly id: string;
  readonly app: string;
  /** The lease: its place is free after this time, ms. */
  readonly leaseMs: number;
  readonly perMinute: number;
  readonly appPerMinute: number;
  readonly appPerDay: number;
  readonly maxConcurrent: number;
}

export type AdmitAnswer =
  | { readonly kind: "taken"; readonly stamp: string }
  | { readonly kind: "limited"; readonly retryAfterMs: number };

/** Where all gateways keep live checks (src/redis/live-check-store.ts). Every method throws `Refusal("store_unavailable")`. */
export interface LiveCheckStore {
  /** What is known of the callee; takes nothing. @param apps all, whose open verifications keep a check away */
  look(callee: LiveCallee, apps: readonly string[]): Promise<StoreAnswer>;
  /** The same, and where nothing is against it takes the callee for this check. @param offer a caller ID is taken with it */
  begin(
    callee: LiveCallee,
    apps: readonly string[],
    begin: CallOffer & { readonly id: string; readonly repeatMs: number },
  ): Promise<StoreAnswer>;
  /**
   * The check is over.
   * @param end.reading null: it was not made, nothing is remembered
   * @param end.rememberMs how long the answer is given again
   * @returns when it ended, by the store's clock
   */
  end(
    callee: LiveCallee,
    end: {
      readonly id: string;
      readonly reading: LiveReading | null;
      readonly rememberMs: number;
      readonly mayStillRing: boolean;
    },
  ): Promise<number>;
  /** Counts a check of an app within its limits. */
  admit(request: AdmitRequest): Promise<AdmitAnswer>;
  /** It is over. @param unused it was not made and counts for nothing */
  release(id: string, app: string, stamp: string, unused: boolean): Promise<void>;
}

/** The guard's decision about one check. */
export type LiveGuardDecision =
  | { readonly kind: "allow"; notMade(): void }
  | { readonly kind: "deny"; readonly retryAfterMs: number | null };

export interface LiveGuard {
  /** Never rejects. @param cost the most that it may cost; null: no price is configured */
  decide(
    ask: Pick<LiveAsk, "app" | "to" | "country"> & { id: string; cost: number | null },
  ): Promise<LiveGuardDecision>;
}

/** A check whose call has ended: for metrics, events and number health. */
export interface LiveObservation {
  readonly id: string;
  readonly app: string;
  readonly to: string;
  readonly callee: LiveCallee;
  readonly country: string | null;
  readonly reading: LiveReading;
  readonly attempts: readonly { readonly trunk: string; readonly outcome: string }[];
  /** By the configured price; null: none is configured. */
  readonly cost: number | null;
  readonly atMs: number;
}
