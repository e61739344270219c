/** What verification by calling in asks of the store. */
import type { CalleeRef } from "../../verification/hashes.ts";
import type { CalleeLimit, Exists, Seen } from "../../verification/store-port.ts";
import type { Verification } from "../../verification/types.ts";

/** A verification that the callee is to prove by calling a number of ours. */
export interface StartCallIn {
  readonly nowMs: number;
  readonly app: string;
  readonly id: string;
  readonly callee: CalleeRef;
  /** E.164 with the plus sign. */
  readonly to: string;
  readonly country: string;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Our numbers in random order: the first that is not held for this callee is taken. */
  readonly numbers: readonly string[];
  /** How long after its life a number stays held for this callee. */
  readonly cooldownMs: number;
}

export type CallInStart =
  | { readonly kind: "started"; readonly verification: Verification }
  | Exists
  /** All numbers are held for this callee. */
  | { readonly kind: "numbers_taken"; readonly retryAfterMs: number }
  | { readonly kind: "limited"; readonly limit: CalleeLimit; readonly retryAfterMs: number }
  | { readonly kind: "not_found" };

/** Each method is one atomic step, and throws `Refusal("store_unavailable")` as those of `VerificationStore` do. */
export interface CallInStore {
  start(start: StartCallIn): Promise<CallInStart>;
  /**
   * The callee called a number of ours: verifies the one verification that waits for that, once.
   * @param number that was called, E.164
   */
  calledIn(
    nowMs: number,
    callee: CalleeRef,
    number: string,
  ): Promise<({ readonly kind: "seen" } & Seen) | { readonly kind: "no_match" }>;
}
