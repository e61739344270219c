/** What is known about a number without calling it. */
import type { RefusalCode } from "../shared/refusal.ts";

/** libphonenumber's types in the contract's spelling; `unknown` where the numbering plan does not say. */
export type NumberType =
  | "mobile"
  | "fixed_line"
  | "fixed_line_or_mobile"
  | "premium_rate"
  | "toll_free"
  | "shared_cost"
  | "voip"
  | "personal_number"
  | "pager"
  | "uan"
  | "voicemail"
  | "satellite"
  | "unknown";

/** What narrows the configured policy, as for one app; null or left out: it does not. */
export interface CalleeBounds {
  /** ISO 3166 countries that may be called. */
  readonly allowedCountries: readonly string[] | null;
  /** Starts of numbers that may be called, in E.164. */
  readonly allowedPrefixes?: readonly string[] | null;
  /** Starts of numbers that may not. */
  readonly deniedPrefixes?: readonly string[] | null;
}

export interface NumberFacts {
  /** As it was given. */
  readonly input: string;
  /** E.164 with the plus sign; null where it could not be parsed at all. */
  readonly e164: string | null;
  readonly valid: boolean;
  readonly possible: boolean;
  readonly type: NumberType;
  /** ISO 3166 alpha-2; null for numbers of no country. */
  readonly country: string | null;
  readonly national: string | null;
  readonly international: string | null;
  /** Whether policy allows to call it; otherwise `refusal` has the reason. */
  readonly callable: boolean;
  readonly refusal: { readonly code: RefusalCode; readonly detail: string } | null;
}
