/** Reads the ISO 3166 country that an app sends with a number. */
import { type CountryCode, isSupportedCountry } from "./library.ts";
import type { NumberRefusal } from "./types.ts";

/** Codes in common use that ISO 3166 reserves or does not contain. */
const meant: Readonly<Record<string, CountryCode>> = { UK: "GB", EN: "GB", EL: "GR", SF: "FI", SP: "ES", JA: "JP" };

/**
 * Case-insensitive.
 * @param country two letters; quoted in the refusal only where it is no longer than that
 */
export function readCountry(country: string): { readonly country: CountryCode } | { readonly refusal: NumberRefusal } {
  const upper = country.toUpperCase();
  if (isSupportedCountry(upper)) return { country: upper };
  const suggestion = Object.hasOwn(meant, upper) ? `did you mean ${meant[upper]}?` : "use two letters, such as GB.";
  const what = /^[A-Z]{2}$/.test(upper) ? `\`country\` ${upper}` : "`country`";
  const detail = `${what} is not an ISO 3166 country code; ${suggestion}`;
  return { refusal: { code: "invalid_request", detail, cause: "invalid_country" } };
}
