/** The text of each message: chosen by app, channel and language, from the configuration or built in. */
import { following } from "../../shared/live-view.ts";
import { canonicalTag, lookup } from "../../shared/locale.ts";
import { ownEntry } from "../../shared/own-entry.ts";
import { autofillLines } from "./autofill.ts";
import type { MessagesConfig, TemplateConfig } from "./config.ts";
import {
  type LanguageTexts,
  languageOfCountry,
  languages,
  lastResort,
  lastResortTexts,
  type VoiceTexts,
} from "./languages.ts";
import { prepare, type Values } from "./template.ts";

/**
 * How a channel's messages look: `sms` is short, counted in segments and may have autofill lines; `short` is the same
 * without those (chats, push); `email` has paragraphs.
 */
export type TextForm = "sms" | "short" | "email";

export interface TextRequest {
  readonly app: string;
  readonly channel: string;
  readonly form: TextForm;
  /** As the request has it, BCP 47; null: none. */
  readonly locale: string | null;
  /** The recipient's, ISO 3166; null where it has none. */
  readonly country: string | null;
}

export interface MessageText {
  readonly text: string;
  /** Of an e-mail; the title of a push message. */
  readonly subject: string;
}

export interface ChosenText {
  /** BCP 47 tag of the text. */
  readonly locale: string;
  readonly appName: string;
  /** @param minutes how long the code is still accepted; less than a minute is written as 1 */
  write(code: string, minutes: number): MessageText;
  /** The longest text for a code of so many digits, each of which takes the same room. The same string each time. */
  sample(digits: number): string;
}

export interface Texts {
  choose(request: TextRequest): ChosenText;
}

/** The longest `{minutes}`: a reservation must not be for fewer segments than are sent. */
const widestMinutes = 10;

/** The built-in languages' tags. */
const builtIn: ReadonlySet<string> = new Set(languages.keys());

export function createTexts(config: MessagesConfig): Texts {
  const choices = new Map<string, Choice>();

  /** Bounded by the configuration: apps × channels. */
  function choiceOf(app: string, channel: string): Choice {
    const key = `${channel} ${app}`;
    let choice = choices.get(key);
    if (choice === undefined) {
      choice = templatesFor(config.templates, app, channel);
      choices.set(key, choice);
    }
    return choice;
  }

  /** Bounded too: by the languages that there are texts in. */
  function preparedOf({ templates, prepared }: Choice, locale: string, form: TextForm): Prepared {
    const key = `${locale} ${form}`;
    let found = prepared.get(key);
    if (found === undefined) {
      const texts = templates.get(locale) ?? builtInText(locale, form, config.never_share_line);
      const subject = texts.subject ?? textsOf(locale).subject;
      found = { text: prepare(texts.text, locale), subject: prepare(subject, locale), samples: new Map() };
      prepared.set(key, found);
    }
    return found;
  }

  return {
    choose({ app, channel, form, locale: requested, country }) {
      const choice = choiceOf(app, channel);
      const own = ownEntry(config.apps, app);
      const ofCountry = country === null ? null : languageOfCountry.get(country);
      const locale = lookup([requested, ofCountry, own?.locale], choice.available) ?? lastResort;
      const appName = own?.name ?? app;
      const prepared = preparedOf(choice, locale, form);
      const last = form === "sms" ? autofillOf(own) : null;
      function write(code: string, minutes: number): MessageText {
        const values = { code, app: appName, minutes: String(Math.max(1, Math.floor(minutes))) };
        const lines = last === null ? [] : autofillLines(last, code);
        return { text: [prepared.text(values), ...lines].join("\n"), subject: prepared.subject(values) };
      }
      function sample(digits: number): string {
        const known = prepared.samples.get(digits) ?? write("0".repeat(digits), widestMinutes).text;
        prepared.samples.set(digits, known);
        return known;
      }
      return { locale, appName, write, sample };
    },
  };
}

/** The same of texts that may be replaced. @param config the section that holds now */
export function createLiveTexts(config: () => MessagesConfig): Texts {
  const present = following(config, createTexts);
  return { choose: (message) => present().choose(message) };
}

/** What a voice call says in the language that is nearest to the wanted ones. @param wanted in order of preference */
export function voiceTexts(wanted: readonly (string | null | undefined)[]): VoiceTexts & { readonly locale: string } {
  const locale = lookup(wanted, builtIn) ?? lastResort;
  return { locale, ...textsOf(locale).voice };
}

/** The templates that serve one app and channel. */
interface Choice {
  /** By canonical tag, of several the one that names most. */
  readonly templates: ReadonlyMap<string, TemplateConfig>;
  /** With the built-in languages. */
  readonly available: ReadonlySet<string>;
  /** By tag and form. */
  readonly prepared: Map<string, Prepared>;
}

interface Prepared {
  readonly text: (values: Values) => string;
  readonly subject: (values: Values) => string;
  /** By digits of the code. */
  readonly samples: Map<number, string>;
}

function templatesFor(all: readonly TemplateConfig[], app: string, channel: string): Choice {
  const fits = all
    .filter((one) => (one.app ?? app) === app && (one.channel ?? channel) === channel)
    .sort((a, b) => specificity(a) - specificity(b));
  const templates = new Map(fits.map((one) => [canonicalTag(one.locale) ?? one.locale, one]));
  return { templates, available: new Set([...builtIn, ...templates.keys()]), prepared: new Map() };
}

/** An app's own text is more special than a channel's. */
function specificity({ app, channel }: TemplateConfig): number {
  return (app === undefined ? 0 : 2) + (channel === undefined ? 0 : 1);
}

function autofillOf(own: NonNullable<MessagesConfig["apps"]>[string] | undefined) {
  return { retrieverHash: own?.sms_retriever_hash ?? null, domain: own?.web_otp_domain ?? null };
}

/** The built-in texts of the language that is nearest. */
function textsOf(locale: string): LanguageTexts {
  return languages.get(lookup([locale], builtIn) ?? lastResort) ?? lastResortTexts;
}

/** The template of a built-in text. */
export function builtInText(locale: string, form: TextForm, neverShareLine: boolean): MessageText {
  const { text, never_share, subject, email, ignore } = textsOf(locale);
  const asked = neverShareLine ? [never_share] : [];
  if (form === "email") return { subject, text: [email, ...asked, ignore].join("\n\n") };
  // No space follows a full stop of Chinese.
  return { subject, text: [text, ...asked].join(text.endsWith("。") ? "" : " ") };
}
