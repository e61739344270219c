/**
 * The regular expression with which an app on the phone recognises our call among others.
 *
 * The same call is shown as `+44 7700 900123`, `0044…`, `07700 900123`, `447700900123` or with another exit code,
 * depending on carrier, phone and the country the phone is in.
 */
import { getCountries, getCountryCallingCode } from "libphonenumber-js/max";

const countryCodes: ReadonlySet<string> = new Set(getCountries().map((country) => getCountryCallingCode(country)));

/**
 * A digit and what may stand after it: spaces, brackets, hyphens, direction marks. Each gap stands between two digits,
 * so no text makes matching slow.
 */
const gap = "\\D*";
const anyDigit = `[0-9]${gap}`;
/** Exit codes have up to four digits: ITU's 00, North America's 011, Australia's 0011, Russia's 810. */
const exitCode = `(?:${anyDigit}){0,4}`;
/** National numbers start with 0, 8 (Russia), 06 (Hungary), 0 and a carrier's two digits (Brazil), or nothing (Spain). */
const trunkPrefix = `(?:${anyDigit}){0,3}`;

/**
 * @param prefix what every caller ID of the range starts with, E.164 with the plus sign
 * @param digits how many digits follow: the code
 * @returns a pattern for the whole number, in the syntax that Java, Kotlin, Swift and JavaScript share
 */
export function callerIdPattern(prefix: string, digits: number): string {
  const all = prefix.replaceAll(/[^0-9]/g, "");
  const countryCode = countryCodeOf(all);
  const rest = withGaps(all.slice(countryCode.length));
  return `^${gap}(?:${exitCode}${withGaps(countryCode)}|${trunkPrefix})${rest}(?:${anyDigit}){${digits}}$`;
}

function withGaps(digits: string): string {
  return digits.replaceAll(/[0-9]/g, `$&${gap}`);
}

/** Codes are prefix-free (ITU-T E.164 §6.2.1). Those of one and two digits are all of countries; the rest has three. */
function countryCodeOf(digits: string): string {
  const length = [1, 2].find((each) => countryCodes.has(digits.slice(0, each))) ?? 3;
  return digits.slice(0, length);
}
