/**
 * What deliveries taught about numbers: the port of lookups, of the live check and of list cleaning, and the one to the store.
 * No number is kept, only an HMAC of it under a key of its own (hashes.ts).
 */
import type { HealthSource, HealthState, HealthView } from "../lookup/health-view.ts";

export type { HealthSource, HealthState, HealthView };

/** What one INVITE or one other source said. */
export const answerKinds = ["alive", "unallocated", "switched_off", "barred", "answered_early"] as const;
export type AnswerKind = (typeof answerKinds)[number];

/** What one call (or live check) taught: each trunk that answered, in order. */
export interface CallEvidence {
  /** E.164 with the plus sign. */
  readonly to: string;
  readonly app: string;
  /** By the store's clock. */
  readonly atMs: number;
  readonly source: HealthSource;
  readonly answers: readonly { readonly via: string; readonly kind: AnswerKind }[];
}

/** What a text taught that was not needed (`unread`), or was the proof (`read`). */
export interface TextEvidence {
  readonly to: string;
  readonly app: string;
  readonly atMs: number;
  readonly text: "read" | "unread";
  /** Name of the channel. */
  readonly via: string;
}

export type Evidence = CallEvidence | TextEvidence;

/** For lookups, the live check and list cleaning. */
export interface NumberHealth {
  /**
   * What is known of a number; null: nothing, or the store does not answer. Never throws.
   * @param to E.164 with the plus sign
   * @param app who asks
   */
  of(to: string, app: string): Promise<HealthView | null>;
  /** Takes evidence: written within a second or so, in batches. Never throws; simulated deliveries must not come here. */
  observe(evidence: Evidence): void;
}

/**
 * Counts of what a trunk said of callees where it was asked first or reached the phone, today and yesterday (UTC), over all
 * gateways.
 */
export interface TrunkCounts {
  readonly answers: number;
  readonly unallocated: number;
  readonly barred: number;
  readonly early: number;
  /** `unallocated` where another trunk then reached the phone in the same call. */
  readonly wrong: number;
}

/** In Redis (src/redis/health-store.ts). Every method throws `Refusal("store_unavailable")` where it does not answer. */
export interface HealthStore {
  /** The readings (readings.ts) under a hash; '': none. */
  read(hash: string): Promise<string>;
  /** Merges readings with those that are there, and keeps them for so long. @param bucketSeconds readings.ts */
  merge(hash: string, readings: string, bucketSeconds: number, keepMs: number): Promise<void>;
  /** @returns whether there was something */
  erase(hash: string): Promise<boolean>;
  /** Adds to the counts of fields, and returns their sums. @param fields keyed hashes of a trunk, or of a trunk and a prefix */
  count(fields: ReadonlyMap<string, TrunkCounts>): Promise<ReadonlyMap<string, TrunkCounts>>;
}

/** Metrics. */
export interface HealthObserver {
  /** Evidence was taken. */
  learned(kind: AnswerKind | "text_read" | "text_unread"): void;
  /** A trunk's word was not taken, because it says the same of nearly all numbers, or was wrong. */
  disbelieved(kind: AnswerKind): void;
  /** Evidence was dropped: the store did not answer, or too much waited. */
  lost(numbers: number): void;
  /** The first channel was another one because of a number's health. */
  reordered(state: HealthState): void;
}
