/** Chooses the language of a call: one in which its Asterisk has every sound that is needed. */

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

/** What most people of a country speak: the likely subtags of CLDR. @param country ISO 3166; null: unknown */
export function languagesOfCountry(country: string | null): readonly string[] {
  return country === null ? [] : [new Intl.Locale(`und-${country}`).maximize().language];
}

function withParents(name: string): readonly string[] {
  const parts = name.split("_");
  return parts.map((_, i) => parts.slice(0, parts.length - i).join("_"));
}
