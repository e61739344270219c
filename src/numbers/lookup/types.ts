/** What a lookup answers beyond the facts of a number (numbers/types.ts). */
import type { LiveResult } from "../live-check/types.ts";
import type { Network } from "../networks/types.ts";
import type { NumberFacts } from "../types.ts";
import type { HealthView } from "./health-view.ts";

/** Which typing error a suggestion assumes. */
export const suggestionReasons = [
  /** A prefix that is dialed only inside the country follows the calling code: `+44 07400 123456`. */
  "national_prefix",
  /** An international prefix in place of the plus sign, or behind it: `0044…`, `+0044…`. */
  "international_prefix",
  /** The plus sign is missing: `447400123456`. */
  "missing_plus",
  /** The calling code is missing: `+7400123456` with country GB. */
  "missing_country_code",
  /** Two calling codes: `+44 44 7400 123456`. */
  "doubled_country_code",
  /** Letters for digits: `+44 74OO l23456`. */
  "letters",
  /** One digit too many, and only one that was typed twice: `+44 77400 123456`. */
  "repeated_digit",
  /** The 0 with which numbers of this country begin is missing: `+225 7 12 34 56 78`. */
  "missing_zero",
  /** Words beside the number: `mobile: +44 7400 123456`. */
  "other_text",
] as const;

export type SuggestionReason = (typeof suggestionReasons)[number];

/** A number that may have been meant. Offered to the user, never applied. */
export interface Suggestion {
  /** E.164; valid, and callable where any suggestion is. */
  readonly number: string;
  readonly reason: SuggestionReason;
}

/** What a live check found. */
export type LiveView = LiveResult;

export interface LookupResult {
  readonly facts: NumberFacts;
  /** What to tell the person who typed the number, in a language that they asked for; null: nothing is wrong with it. */
  readonly message: string | null;
  /** The likeliest first, at most `maxSuggestions`; empty where the number is valid. */
  readonly suggestions: readonly Suggestion[];
  /** Null, as the two below: not known, or the gateway does not have this part. */
  readonly network: Network | null;
  readonly health: HealthView | null;
  /** Null: it was not asked for. */
  readonly live: LiveView | null;
  /** Version of libphonenumber's metadata that the answer rests on. */
  readonly metadata: { readonly version: string };
}
