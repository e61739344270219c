/** The built-in texts, one file for each language in texts/, and the languages of countries. */
import { readdirSync, readFileSync } from "node:fs";

/** A language's texts. Each has its placeholders: see template.ts. */
export interface LanguageTexts {
  /** For SMS, chats and push: short, in the alphabet that makes the fewest segments. */
  readonly text: string;
  /** Follows it: the line that asks not to share the code. */
  readonly never_share: string;
  readonly subject: string;
  /** The plain text of an e-mail, the code on a line of its own. */
  readonly email: string;
  /** Its last paragraph: what to do with a message that was not asked for. */
  readonly ignore: string;
  readonly voice: VoiceTexts;
}

/** What a voice call says, for speech synthesis and for those who record prompts. */
export interface VoiceTexts {
  readonly press_1: string;
  /** Before the digits. */
  readonly your_code: string;
  /** Between the first reading of the digits and the second. */
  readonly again: string;
}

/** The language where nothing else is known. */
export const lastResort = "en";

const folder = new URL("texts/", import.meta.url);
const countriesFile = "countries.json";

/** By BCP 47 tag. */
export const languages: ReadonlyMap<string, LanguageTexts> = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith(".json") && file !== countriesFile)
    .sort()
    .map((file) => [file.slice(0, -".json".length), readJson<LanguageTexts>(file)]),
);

/** The last resort's texts, which are always there. */
export const lastResortTexts: LanguageTexts = readJson(`${lastResort}.json`);

/**
 * ISO 3166 country → the built-in language that most people there read: the likely subtags of CLDR, except for Kazakhstan,
 * Paraguay and Senegal. Countries whose language is English, or not built in, are left out.
 */
export const languageOfCountry: ReadonlyMap<string, string> = new Map(
  Object.entries(readJson<Record<string, readonly string[]>>(countriesFile)).flatMap(([language, countries]) =>
    countries.map((country) => [country, language] as const),
  ),
);

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, folder), "utf8")) as T;
}
