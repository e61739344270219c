/** What the synthesiser says in each language: the prompts' texts are those of the messages. */
import { languages } from "../channels/messages/languages.ts";

export interface PromptTexts {
  /** espeak-ng's name of the voice. */
  readonly voice: string;
  readonly pressKey: string;
  /** With the warning that stops a person from reading the code out to a fraudster. */
  readonly yourCode: string;
  readonly again: string;
}

/** Where espeak-ng names the voice differently from the language, or has several. */
const voices: Readonly<Record<string, string>> = { en: "en-us", es: "es-419", fr: "fr-fr", pt: "pt-br", zh: "cmn" };

/** Written differently, spoken like the language without its script: `zh-Hant` falls back to `zh`. */
const isSpokenAlike = (tag: string) => tag.includes("-");

/** By language, as Asterisk names languages. */
export const promptTexts: Readonly<Record<string, PromptTexts>> = Object.fromEntries(
  [...languages]
    .filter(([tag]) => !isSpokenAlike(tag))
    .map(([language, { never_share, voice }]) => [
      language,
      {
        voice: voices[language] ?? language,
        pressKey: voice.press_1,
        yourCode: `${never_share} ${voice.your_code}:`,
        again: `${voice.again}:`,
      },
    ]),
);
