/** The texts for the person who typed a number, one file for each language in texts/: those that the messages have too. */
import { readdirSync, readFileSync } from "node:fs";
import { isRightToLeft, lookup } from "../../shared/locale.ts";

/** `{country}` is the country's name in the language, or `+` and the calling code. */
export interface NumberTexts {
  readonly not_a_number: string;
  readonly country_needed: string;
  readonly unknown_country_code: string;
  readonly national_prefix: string;
  readonly one_missing: string;
  readonly too_short: string;
  readonly one_extra: string;
  readonly too_long: string;
  readonly wrong_length: string;
  readonly not_in_use: string;
  readonly country_not_allowed: string;
  readonly landline: string;
  readonly not_usable: string;
  readonly too_short_anywhere: string;
  readonly too_long_anywhere: string;
}

/** The language where none of the wanted has texts. */
const lastResort = "en";

const folder = new URL("texts/", import.meta.url);

/** By BCP 47 tag. */
export const languages: ReadonlyMap<string, NumberTexts> = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => [file.slice(0, -".json".length), readTexts(file)]),
);

const available: ReadonlySet<string> = new Set(languages.keys());
const lastResortTexts = readTexts(`${lastResort}.json`);

export interface ChosenLanguage {
  readonly tag: string;
  readonly texts: NumberTexts;
}

/** @param wanted BCP 47 tags in order of preference */
export function chooseLanguage(wanted: readonly string[]): ChosenLanguage {
  const tag = lookup(wanted, available) ?? lastResort;
  return { tag, texts: languages.get(tag) ?? lastResortTexts };
}

const names = new Map<string, Intl.DisplayNames>();

/** The name of a country in a language of `languages`. @param country ISO 3166 */
export function countryName(country: string, tag: string): string {
  let own = names.get(tag);
  if (own === undefined) {
    own = new Intl.DisplayNames([tag], { type: "region" });
    names.set(tag, own);
  }
  return own.of(country) ?? country;
}

/** `+44` within a text, whose direction must not move the plus sign behind the digits (UAX #9). */
export function callingCodeIn(callingCode: string, tag: string): string {
  return isRightToLeft(tag) ? `\u2066+${callingCode}\u2069` : `+${callingCode}`;
}

function readTexts(file: string): NumberTexts {
  return JSON.parse(readFileSync(new URL(file, folder), "utf8")) as NumberTexts;
}
