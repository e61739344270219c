/** The port from verification and http to numbers. */
import type { CalleeBounds, NumberFacts } from "./types.ts";

export interface Numbers {
  /**
   * Everything known about a number without calling it; never throws.
   * @param country ISO 3166 country for national format, in either case; null: the configured default
   * @param bounds narrow the configured policy; null: does not
   */
  examine(input: string, country: string | null, bounds: CalleeBounds | null): NumberFacts;
}
