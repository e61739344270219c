/** The port from personal data to Redis (src/redis/subject-index.ts). Every method throws `Refusal("store_unavailable")`. */
import type { CalleeRef } from "../verification/hashes.ts";

export interface FoundVerification {
  readonly id: string;
  readonly app: string;
}

/** Counts of a callee over all apps and all kinds of codes, within their windows; each ends by itself. */
export interface CalleeLimits {
  readonly wrong_checks: number;
  readonly starts: number;
  /** Caller IDs that are in cool-down for it. */
  readonly caller_ids_shown: number;
  /** Numbers of ours that are held for it. */
  readonly numbers_held: number;
  /** A call rings, or its end was not seen. */
  readonly live_call: boolean;
  /** Its last live check within `live_check.repeat_hours`, and what that said; null: none. */
  readonly live_check: { readonly at_ms: number; readonly answer: object | null } | null;
}

export interface SubjectIndex {
  /**
   * Looks through a part of Redis for what is kept of a callee, and remembers it for an hour.
   * @param after what it returned before; null: from the beginning
   * @returns where to go on; null: everything was looked through
   */
  search(callee: CalleeRef, after: string | null): Promise<string | null>;
  /**
   * Verifications that `search` found, its own and those in which it is another step's recipient; null: it has not ended, or what
   * it found is forgotten.
   */
  verifications(callee: CalleeRef): Promise<readonly FoundVerification[] | null>;
  /** Remembers verifications that a store found, as long as what `search` found. */
  note(callee: CalleeRef, verifications: readonly string[]): Promise<void>;
  noted(callee: CalleeRef): Promise<readonly string[]>;
  limits(callee: CalleeRef): Promise<CalleeLimits>;
  /**
   * Erases the limits but for counts of checks and starts, the lock of a call and the time of a live check.
   * @returns how many entries
   */
  eraseLimits(callee: CalleeRef): Promise<number>;
  /** Forgets what was found. */
  forget(callee: CalleeRef): Promise<void>;
}
