/**
 * The regular expression with which an app on the phone recognises our call among others.
 *
 * The same call is shown as `+44 7700 900123`, `0044…`, `07700 900123`, `447700900123` or with another exit code,
 * depending on carrier, phone and the country the phone is in. It matches what `/check` reads as a caller ID
 * (shared/typed-digits.ts). No `\p{…}`: JavaScript supports it only with a flag, and languages treat surrogate pairs
 * differently; so it has the digits of the scripts that phones use by default (CLDR), and otherwise only the Basic
 * Multilingual Plane.
 */
import { getCountries, getCountryCallingCode } from "libphonenumber-js/max";
import { maxTypedLength } from "../../shared/typed-digits.ts";

const countryCodes: ReadonlySet<string> = new Set(getCountries().map((country) => getCountryCallingCode(country)));

/** Where the digits 0–9 of ASCII, Arabic, Persian, Devanagari, Bengali, Burmese and full width begin. */
export const zeros = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0x1040, 0xff10] as const;
const digitRanges = zeros.map((zero) => `${escaped(zero)}-${escaped(zero + 9)}`).join("");

/** Zs, the tab, and format characters (Cf) without a glyph. */
const spaces =
  "\\t \\u00a0\\u00ad\\u061c\\u1680\\u180e\\u2000-\\u200f\\u202a-\\u202f\\u205f-\\u2064\\u2066-\\u206f\\u3000\\ufeff";
/** Pd, the minus sign, brackets, dot and slash. */
const punctuation =
  "\\-\\u058a\\u05be\\u1400\\u1806\\u2010-\\u2015\\u2212\\u2e17\\u2e1a\\u2e3a\\u2e3b\\u2e40\\u2e5d\\u301c\\u3030\\u30a0" +
  "\\ufe31\\ufe32\\ufe58\\ufe63\\uff0d()./\\uff08\\uff09\\uff0e\\uff0f";
const ends = `[${spaces}\\n-\\r\\u0085\\u2028\\u2029]*`;
/** Checked first: no other character, and no longer than is read. The parts after it only separate digits from other signs. */
const alphabet =
  `(?=[\\s\\S]{1,${maxTypedLength}}$)` +
  `(?=${ends}[${spaces}(\\uff08]*[+\\uff0b]?[${spaces}${punctuation}${digitRanges}]*${ends}$)`;

/** Within the alphabet there are only digits between U+0660 and U+1049. */
const anyOfDigits = "0-9\\u0660-\\u1049\\uff10-\\uff19";
/** Each gap is between two digits, so no input makes matching slow. */
const gap = `[^${anyOfDigits}]*`;
const anyDigit = `[${anyOfDigits}]${gap}`;
/** Exit codes have up to four digits: ITU's 00, North America's 011, Australia's 0011, Russia's 810. */
const exitCode = `(?:${anyDigit}){0,4}`;
/** National numbers start with 0, 8 (Russia), 06 (Hungary), 0 and a carrier's two digits (Brazil), or nothing (Spain). */
const trunkPrefix = `(?:${anyDigit}){0,3}`;
/** `+44 (0) 7700 …` */
const bracketedZero = `(?:${digit(0)}${gap})?`;
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
    rest.length < comparedDigits ? ["", `(?:${digit(0)}${gap}){0,3}`] : [bracketedZero, trunkPrefix];
  const head = `(?:${exitCode}${withGaps(countryCode)}${afterCountryCode}|${beforeRest})${withGaps(rest)}`;
  return `^${alphabet}${gap}${head}(?:${anyDigit}){${digits}}$`;
}

function withGaps(digits: string): string {
  return digits.replaceAll(/[0-9]/g, (each) => `${digit(Number(each))}${gap}`);
}

/** One digit, in each of the scripts. */
function digit(value: number): string {
  return `[${zeros.map((zero) => escaped(zero + value)).join("")}]`;
}

function escaped(codePoint: number): string {
  return codePoint < 0x80 ? String.fromCharCode(codePoint) : `\\u${codePoint.toString(16).padStart(4, "0")}`;
}

/** Codes are prefix-free (ITU-T E.164 §6.2.1). All codes of one and two digits are of countries; the others have three. */
function countryCodeOf(digits: string): string {
  const length = [1, 2].find((each) => countryCodes.has(digits.slice(0, each))) ?? 3;
  return digits.slice(0, length);
}
