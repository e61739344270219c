/** Which valid numbers may be called. */
import type { CountryPolicyConfig, NumbersConfig } from "./config.ts";
import { getCountryCallingCode, isSupportedCountry } from "./library.ts";
import { prefixMatcher } from "./prefixes.ts";
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
 * Why the other types are not called (landlines and VoIP unless a country permits them). Premium rate, shared cost and UAN charge
 * the caller and pay the callee (international revenue share fraud). Personal numbers forward anywhere at the caller's cost (UK
 * 070). Toll-free and UAN belong to companies. Pagers and voicemail never show a missed call. VoIP numbers are rented in bulk
 * without a SIM card, prove no phone, and are often answered by machines.
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
  const isDenied = prefixMatcher(config.denied_prefixes);
  const ofCountry = new Map(
    Object.entries(config.countries ?? {}).map(([country, own]) => [country, countryPolicy(country, own)]),
  );
  const usualTypes: ReadonlySet<NumberType> = new Set(
    config.fixed_line_or_mobile === "allow" ? ["mobile", "fixed_line_or_mobile"] : ["mobile"],
  );
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
      if (isDenied?.(e164) === true) return byPrefix("numbers.denied_prefixes");
      if (bounds !== null && isOutside(bounds, e164)) return outside;
      const own = ofCountry.size === 0 ? undefined : ofCountry.get(country);
      const refusal = own?.prefixRefusal(e164) ?? null;
      if (refusal !== null) return refusal;
      return (own?.types ?? usualTypes).has(type) ? null : refusedType(country, type, own?.types != null);
    },
  };
}

/** @param own whether the country has types of its own */
function refusedType(country: string, type: NumberType, own: boolean): NumberRefusal {
  const rule = `numbers.countries.${country}.callable_types does not permit it`;
  if (type === "fixed_line_or_mobile") {
    const detail = `Mobile and landline numbers cannot be told apart in ${nameOf(country)}, and ${own ? rule : "numbers.fixed_line_or_mobile is deny"}.`;
    return { code: "number_not_callable", detail, cause: "type_ambiguous" };
  }
  const isLandline = type === "fixed_line";
  const what = isLandline ? `a landline number in ${nameOf(country)}` : (notCallable[type] ?? "a mobile number");
  const detail = `This is ${what}; ${own ? rule : "only mobile numbers are called"}.`;
  return { code: isLandline ? "number_is_landline" : "number_not_callable", detail, cause: "type_not_allowed" };
}

interface OwnPolicy {
  /** Null: as in other countries. */
  readonly types: ReadonlySet<NumberType> | null;
  prefixRefusal(e164: string): NumberRefusal | null;
}

function countryPolicy(country: string, config: CountryPolicyConfig): OwnPolicy {
  const isAllowed = prefixMatcher(config.allowed_prefixes);
  const isDenied = prefixMatcher(config.denied_prefixes);
  const costs = prefixMatcher(config.high_cost_ranges);
  const key = `numbers.countries.${country}`;
  return {
    types: config.callable_types === undefined ? null : new Set(config.callable_types),
    prefixRefusal(e164) {
      if (isDenied?.(e164) === true) return byPrefix(`${key}.denied_prefixes`);
      if (costs?.(e164) === true) {
        const detail = `Numbers in this range are billed at a higher rate and not called (${key}.high_cost_ranges).`;
        return { code: "number_not_callable", detail, cause: "high_cost" };
      }
      return isAllowed === null || isAllowed(e164) ? null : byPrefix(`${key}.allowed_prefixes`);
    },
  };
}

function byPrefix(rule: string): NumberRefusal {
  const detail = `Numbers with this prefix are not called (${rule}).`;
  return { code: "number_not_callable", detail, cause: "prefix_not_allowed" };
}

/** `GB (+44)`. */
function nameOf(country: string): string {
  return isSupportedCountry(country) ? `${country} (+${getCountryCallingCode(country)})` : country;
}
