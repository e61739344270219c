/** Which valid numbers may be called. */
import { getCountryCallingCode, isSupportedCountry } from "libphonenumber-js/max";
import type { NumbersConfig } from "./config.ts";
import type { CalleeBounds, NumberRefusal, NumberType } from "./types.ts";

export interface Policy {
  /**
   * Why a valid number may not be called; null where it may.
   * @param bounds of the app; null: as configured
   * @param e164 with the plus sign
   */
  judge(country: string | null, type: NumberType, bounds: CalleeBounds | null, e164: string): NumberRefusal | null;
}

/**
 * Why the other types are not called. Premium rate, shared cost and UAN charge the caller and pay the callee
 * (international revenue share fraud). Personal numbers forward anywhere at the caller's cost (UK 070). Toll-free and UAN
 * belong to companies. Pagers and voicemail never show a missed call. VoIP numbers are rented in bulk without a SIM card,
 * prove no phone, and are often answered by machines.
 */
const notCallable: Readonly<Partial<Record<NumberType, string>>> = {
  premium_rate: "a premium-rate number",
  toll_free: "a toll-free number",
  shared_cost: "a shared-cost number",
  voip: "a VoIP number",
  personal_number: "a personal number (it may forward anywhere)",
  pager: "a pager number",
  uan: "a company-wide number",
  voicemail: "a voicemail number",
  satellite: "a satellite number",
  unknown: "a number of unknown type",
};

/** Whether a number is none that the bounds' prefixes permit. */
export function isOutside(bounds: Pick<CalleeBounds, "allowedPrefixes" | "deniedPrefixes">, e164: string): boolean {
  const { allowedPrefixes, deniedPrefixes } = bounds;
  const startsWith = (prefix: string) => e164.startsWith(prefix);
  return (allowedPrefixes != null && !allowedPrefixes.some(startsWith)) || deniedPrefixes?.some(startsWith) === true;
}

/** The refusal of such a number. */
export const outside: NumberRefusal = {
  code: "number_not_callable",
  detail: "Numbers with this prefix are not permitted for this app (allowed_prefixes, denied_prefixes).",
  cause: "prefix_not_allowed",
};

/** The policy of a configuration. */
export function createPolicy(config: NumbersConfig): Policy {
  const allowed = new Set(config.allowed_countries);
  const denied = new Set(config.denied_countries);
  const deniedPrefixes = new Set(config.denied_prefixes);
  const isDenied = (e164: string) =>
    deniedPrefixes.size > 0 &&
    Array.from(e164, (_, at) => e164.slice(0, at + 1)).some((start) => deniedPrefixes.has(start));
  const mayCall = (country: string, allowedCountries: readonly string[] | null) =>
    !denied.has(country) &&
    (allowed.size === 0 || allowed.has(country)) &&
    (allowedCountries === null || allowedCountries.includes(country));

  return {
    judge(country, type, bounds, e164) {
      if (country === null) {
        return {
          code: "number_not_callable",
          detail: `This is ${notCallable[type] ?? "a number"} that belongs to no country.`,
          cause: "type_not_allowed",
        };
      }
      if (!mayCall(country, bounds?.allowedCountries ?? null)) {
        const detail = `Calls to ${nameOf(country)} are not allowed.`;
        return { code: "country_not_allowed", detail, cause: "country_not_allowed" };
      }
      if (isDenied(e164)) {
        return {
          code: "number_not_callable",
          detail: "Numbers with this prefix are not called (numbers.denied_prefixes).",
          cause: "prefix_not_allowed",
        };
      }
      if (bounds !== null && isOutside(bounds, e164)) return outside;
      if (type === "mobile") return null;
      if (type === "fixed_line") {
        return {
          code: "number_is_landline",
          detail: `This is a landline number in ${nameOf(country)}; only mobile numbers are called.`,
          cause: "type_not_allowed",
        };
      }
      if (type === "fixed_line_or_mobile") {
        if (config.fixed_line_or_mobile === "allow") return null;
        const detail = `Mobile and landline numbers cannot be told apart in ${nameOf(country)}, and numbers.fixed_line_or_mobile is deny.`;
        return { code: "number_not_callable", detail, cause: "type_ambiguous" };
      }
      const detail = `This is ${notCallable[type]}; only mobile numbers are called.`;
      return { code: "number_not_callable", detail, cause: "type_not_allowed" };
    },
  };
}

/** `GB (+44)`. */
function nameOf(country: string): string {
  return isSupportedCountry(country) ? `${country} (+${getCountryCallingCode(country)})` : country;
}
