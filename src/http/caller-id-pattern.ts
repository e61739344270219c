/**
 * The regular expression with which an app on the phone recognises our call among others.
 *
 * The same call is shown as `+44 7700 900123`, `0044…`, `07700 900123`, `447700900123` or with other exit codes,
 * depending on carrier, phone and the country the phone is in.
 */

/**
 * Country codes of one and two digits; all others have three (ITU-T E.164 Annex D: the list of assigned codes).
 * They are prefix-free and change about never.
 */
const shortCountryCodes = /^(?:1|7|2[07]|3[0-4]|36|39|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/** What may stand between two digits: spaces, brackets, hyphens, direction marks. Bounded, so matching stays linear. */
const gap = "\\D{0,3}";
/** International prefixes: ITU's 00, North America's 011, Australia's 0011, Japan's 010, Russia's 810. "+" is a gap. */
const exitCodes = ["00", "011", "0011", "010", "810"];
/** A national number is dialled with 0, 8 (Russia), 06 (Hungary), 0 and a carrier (Brazil), or nothing (Spain). */
const trunkPrefix = `(?:[0-9]${gap}){0,3}`;

/**
 * @param prefix what every caller ID of the range starts with, E.164 with the plus sign
 * @param digits how many digits follow: the code
 * @returns a pattern for the whole number, in the syntax that Java, Kotlin, Swift and JavaScript share
 */
export function callerIdPattern(prefix: string, digits: number): string {
  const all = prefix.replaceAll(/[^0-9]/g, "");
  const countryCode = shortCountryCodes.exec(all)?.[0] ?? all.slice(0, 3);
  const subscriber = all.slice(countryCode.length);
  const international = `(?:(?:${exitCodes.map(spaced).join("|")})${gap})?${spaced(countryCode)}${gap}`;
  const start = subscriber === "" ? "" : spaced(subscriber) + gap;
  return `^${gap}(?:${international}|${trunkPrefix})${start}[0-9](?:${gap}[0-9]){${digits - 1}}${gap}$`;
}

function spaced(digits: string): string {
  return [...digits].join(gap);
}
