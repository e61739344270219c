/**
 * The regular expression with which an app on the phone recognises our call among others.
 *
 * The same call is shown as `+44 7700 900123`, `0044…`, `07700 900123`, `447700900123` or with another exit code,
 * depending on carrier, phone and the country the phone is in. What it matches is always read by `/check`
 * (shared/typed-digits.ts), which reads more: other scripts' digits and rarer separators. It is in every answer, so it has
 * only what call logs contain: ASCII digits, and the separators that phones put between them. Java, Kotlin, Swift and
 * JavaScript share its syntax.
 */
import { getCountries, getCountryCallingCode } from "libphonenumber-js/max";
import { maxTypedLength } from "../../shared/typed-digits.ts";

const countryCodes: ReadonlySet<string> = new Set(getCountries().map((country) => getCountryCallingCode(country)));

/** Brackets, dot, slash, spaces, dashes, and the invisible format characters around formatted numbers. */
const separators = "\\t ()./\\u00a0\\u2000-\\u2015\\u202a-\\u202f\\u2060-\\u2064\\u2066-\\u206f-";
/** Checked first: no other character, and no longer than is read. The parts after it only separate digits from other signs. */
const alphabet = `(?=[+0-9${separators}]{1,${maxTypedLength}}$)`;
/** Before a plus sign there are only spaces, format characters and an opening bracket. */
const start = "[^-0-9+)./\\u2010-\\u2015]*[+]?";
/** Each gap is between two digits, so no input makes matching slow. */
const gap = "[^0-9+]*";
const anyDigit = `[0-9]${gap}`;
/** Exit codes have up to four digits: ITU's 00, North America's 011, Australia's 0011, Russia's 810. */
const exitCode = `(?:${anyDigit}){0,4}`;
/** National numbers start with 0, 8 (Russia), 06 (Hungary), 0 and a carrier's two digits (Brazil), or nothing (Spain). */
const trunkPrefix = `(?:${anyDigit}){0,3}`;
/** `+44 (0) 7700 …` */
const bracketedZero = `(?:0${gap})?`;
/** `codeWithin` compares as many digits; a remainder this short has no trunk prefix but zeros. */
const comparedDigits = 3;

/**
 * @param prefix what every caller ID of the range starts with, E.164 with the plus sign
 * @param digits how many digits follow: the code
 * @returns a pattern for the whole number, in the syntax that Java, Kotlin, Swift and JavaScript share
 */
export function callerIdPattern(prefix: string, digits: number): string {
  const all = prefix.replaceAll(/[^0-9]/g, "");
  const countryCode = countryCodeOf(all);
  const rest = all.slice(countryCode.length);
  const [afterCountryCode, beforeRest] =
    rest.length < comparedDigits ? ["", `(?:0${gap}){0,3}`] : [bracketedZero, trunkPrefix];
  const head = `(?:${exitCode}${withGaps(countryCode)}${afterCountryCode}|${beforeRest})${withGaps(rest)}`;
  return `^${alphabet}${start}${gap}${head}(?:${anyDigit}){${digits}}$`;
}

function withGaps(digits: string): string {
  return digits.replaceAll(/[0-9]/g, (digit) => `${digit}${gap}`);
}

/** Codes are prefix-free (ITU-T E.164 §6.2.1). All codes of one and two digits are of countries; the others have three. */
function countryCodeOf(digits: string): string {
  const length = [1, 2].find((each) => countryCodes.has(digits.slice(0, each))) ?? 3;
  return digits.slice(0, length);
}
