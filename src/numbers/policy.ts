/** Which valid numbers may be rung. */
import { getCountryCallingCode, isSupportedCountry } from "libphonenumber-js/max";
import type { RefusalCode } from "../shared/refusal.ts";
import type { NumbersConfig } from "./config.ts";
import type { NumberType } from "./types.ts";

export interface NumberRefusal {
  readonly code: RefusalCode;
  readonly detail: string;
}

export interface Policy {
  /**
   * Why a valid number may not be rung; null where it may.
   * @param allowedCountries what the app may call; null: no narrower than the configuration
   */
  judge(country: string | null, type: NumberType, allowedCountries: readonly string[] | null): NumberRefusal | null;
}

/**
 * Why the other types are not rung, although some of them would ring somewhere. Premium rate, shared cost and UAN cost
 * the caller and pay the callee: the classic fraud. Personal numbers forward anywhere at the caller's cost (UK 070 is the
 * known case). Toll-free and UAN lead to companies. Pagers and voicemail never show a missed call. VoIP numbers are
 * rented by the thousand without a SIM card, prove no phone, and are often answered by machines.
 */
const notCallable: Readonly<Partial<Record<NumberType, string>>> = {
  premium_rate: "a premium-rate number",
  toll_free: "a toll-free number",
  shared_cost: "a shared-cost number",
  voip: "a VoIP number",
  personal_number: "a personal number, which may forward anywhere",
  pager: "a pager",
  uan: "a company-wide number",
  voicemail: "a voicemail number",
  satellite: "a satellite phone",
  unknown: "of a type that cannot be told",
};

/** The policy of a configuration. */
export function createPolicy(config: NumbersConfig): Policy {
  const allowed = new Set(config.allowed_countries);
  const denied = new Set(config.denied_countries);
  const mayCall = (country: string, allowedCountries: readonly string[] | null) =>
    !denied.has(country) &&
    (allowed.size === 0 || allowed.has(country)) &&
    (allowedCountries === null || allowedCountries.includes(country));

  return {
    judge(country, type, allowedCountries) {
      if (country === null) {
        return { code: "number_not_callable", detail: `this is ${notCallable[type] ?? "a number"} of no country` };
      }
      if (!mayCall(country, allowedCountries)) {
        return { code: "country_not_allowed", detail: `numbers of ${nameOf(country)} are not called` };
      }
      if (type === "mobile") return null;
      if (type === "fixed_line") {
        return {
          code: "number_is_landline",
          detail: `this is a landline of ${nameOf(country)}; only mobiles are rung`,
        };
      }
      if (type === "fixed_line_or_mobile") {
        if (config.fixed_line_or_mobile === "allow") return null;
        const detail = `numbers of ${nameOf(country)} do not tell mobiles from landlines, and policy excludes those`;
        return { code: "number_not_callable", detail };
      }
      return { code: "number_not_callable", detail: `this is ${notCallable[type]}; only mobiles are rung` };
    },
  };
}

/** `GB (+44)`. */
function nameOf(country: string): string {
  return isSupportedCountry(country) ? `${country} (+${getCountryCallingCode(country)})` : country;
}
