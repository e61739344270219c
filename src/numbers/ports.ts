/** The port from verification and http to numbers. */
import type { CountryCode } from "./library.ts";
import type { CalleeBounds, NumberFacts } from "./types.ts";

export interface Numbers {
  /**
   * Everything known about a number without calling it; never throws.
   * @param country ISO 3166 country for national format, in either case; null: the configured default
   * @param bounds narrow the configured policy; null: does not
   */
  examine(input: string, country: string | null, bounds: CalleeBounds | null): NumberFacts;
}

/** A valid number about which nothing is unusual. */
export interface UsualNumber extends Pick<NumberFacts, "type" | "refusal"> {
  readonly e164: string;
  readonly country: CountryCode;
}

/** What reads lists: most of their numbers are usual. */
export interface QuickNumbers extends Numbers {
  /** What `examine` says of such a number, without formats; null: `examine` has to say. */
  usual(input: string, country: string | null, bounds: CalleeBounds | null): UsualNumber | null;
  /** What `examine` says where `usual` says nothing; slow. */
  unusual(input: string, country: string | null, bounds: CalleeBounds | null): NumberFacts;
}
