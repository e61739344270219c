/** What is known about a number without calling it. */
import type { RefusalCode } from "../shared/refusal.ts";

/** libphonenumber's types in the contract's spelling; `unknown` where the numbering plan does not say. */
export const numberTypes = [
  "mobile",
  "fixed_line",
  "fixed_line_or_mobile",
  "premium_rate",
  "toll_free",
  "shared_cost",
  "voip",
  "personal_number",
  "pager",
  "uan",
  "voicemail",
  "satellite",
  "unknown",
] as const;
export type NumberType = (typeof numberTypes)[number];

/** Those that configuration may permit: calls to the others charge the caller or reach no person with a phone. */
export const configurableTypes = ["mobile", "fixed_line_or_mobile", "fixed_line", "voip"] as const;

/** Why a number may not be called, finer than the code of the refusal. */
export const numberCauses = [
  "not_a_number",
  /** The request's `country` is none. */
  "invalid_country",
  /** National format without a country. */
  "country_needed",
  "unknown_calling_code",
  /** A prefix that is dialed only inside the country, behind the calling code. */
  "national_prefix",
  "too_short",
  "too_long",
  /** Between the shortest and the longest, but no number of the plan has this many digits. */
  "invalid_length",
  /** In no range that is in use. */
  "not_in_use",
  "country_not_allowed",
  "prefix_not_allowed",
  "high_cost",
  "type_not_allowed",
  /** It may be a mobile or a landline, and policy refuses those. */
  "type_ambiguous",
] as const;

export type NumberCause = (typeof numberCauses)[number];

export interface NumberRefusal {
  readonly code: RefusalCode;
  /** For the app's developer; holds no more of the number than its country. */
  readonly detail: string;
  readonly cause: NumberCause;
  /** The numbering plan that the digits do not fit, where one is known. */
  readonly plan?: {
    /** ISO 3166; null: one of several with this calling code. */
    readonly country: string | null;
    readonly callingCode: string;
    /** The digits that were written behind the calling code, or in national format. */
    readonly digits: string;
  };
  /** The valid number in E.164 that libphonenumber would read in its place (`national_prefix`). */
  readonly meant?: string;
}

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
  /** As a URI (RFC 3966), with the hyphens of the international format: `tel:+44-7400-123456`. */
  readonly rfc3966: string | null;
  /** Whether policy allows to call it; otherwise `refusal` has the reason. */
  readonly callable: boolean;
  readonly refusal: NumberRefusal | null;
}
