/** The only form in which a phone number may appear in a log. */
import { getCountries, getCountryCallingCode } from "libphonenumber-js/max";

/** Country calling codes are prefix-free (ITU-T E.164, 6.2): the first that fits is the one. */
const longestCallingCode = 3;

/** With fewer digits than this, calling code and last two digits would be half the number. */
const fewestDigits = 8;

/** Numbers of no country: freephone, shared cost, Inmarsat, UPT, GMSS, networks, relief, premium (ITU-T E.164 list). */
const ofNoCountry = ["800", "808", "870", "878", "881", "882", "883", "888", "979"];
const callingCodes: ReadonlySet<string> = new Set([
  ...getCountries().map((country) => getCountryCallingCode(country)),
  ...ofNoCountry,
]);

/**
 * `+44…56`: country calling code and last two digits of a number in E.164; `…` where it is too short or not E.164.
 * The calling code, not the ISO country, because that needs no parsing.
 */
export function redactNumber(e164: string): string {
  if (!/^\+[1-9]\d*$/.test(e164) || e164.length <= fewestDigits || e164.length > 16) return "…";
  for (let length = 1; length <= longestCallingCode; length++) {
    const code = e164.slice(1, 1 + length);
    if (callingCodes.has(code)) return `+${code}…${e164.slice(-2)}`;
  }
  return `…${e164.slice(-2)}`;
}
