/** Chooses the language of a call: one in which its Asterisk has every sound that is needed. */

import { canonicalTag } from "../../shared/locale.ts";
import { languageOfCountry } from "../messages/languages.ts";

/** The languages in which an Asterisk has a sound. */
export type LanguagesOf = (sound: string) => ReadonlySet<string>;

/** Where nothing else is spoken. */
const lastResort = "en";

/**
 * Asterisk's names of the languages to try, in order of preference: `pt-BR` is `pt_BR`, then `pt`; English comes last.
 * @param tags BCP 47
 */
export function candidates(tags: readonly string[]): readonly string[] {
  const names = [...tags, lastResort].flatMap((tag) => withParents(tag.replaceAll("-", "_")));
  return [...new Set(names)];
}

/** The first of the candidates that has all the sounds; null: none has. */
export function chooseLanguage(
  tags: readonly string[],
  sounds: readonly string[],
  languagesOf: LanguagesOf,
): string | null {
  return candidates(tags).find((language) => sounds.every((sound) => isSpoken(sound, language, languagesOf))) ?? null;
}

/** Asterisk itself looks in the language's folder, then in those of its parents: `pt_BR`, then `pt`. */
export function isSpoken(sound: string, language: string, languagesOf: LanguagesOf): boolean {
  const has = languagesOf(sound);
  return withParents(language).some((name) => has.has(name));
}

/**
 * The languages of an order in order of preference, as messages choose theirs: the request's, the country's, the app's.
 * @param country ISO 3166; null: unknown
 */
export function languagesFor(
  locale: string | null,
  country: string | null,
  appLocale: string | undefined,
): readonly string[] {
  const ofCountry = country === null ? undefined : languageOfCountry.get(country);
  return [locale, ofCountry, appLocale].flatMap((tag) => {
    const canonical = tag == null ? null : canonicalTag(tag);
    return canonical === null ? [] : [canonical];
  });
}

function withParents(name: string): readonly string[] {
  const parts = name.split("_");
  return parts.map((_, i) => parts.slice(0, parts.length - i).join("_"));
}
