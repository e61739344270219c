/** Texts that are valid and cost more than their author may expect; logged at the start and printed by `onering check`. */

import { lookup, scriptOf } from "../../shared/locale.ts";
import { ownEntry } from "../../shared/own-entry.ts";
import type { MessagesConfig, TemplateConfig } from "./config.ts";
import { notInGsm7, splitSms } from "./gsm.ts";
import { languages } from "./languages.ts";
import { builtInText, createTexts, type Texts } from "./texts.ts";

export interface TextWarning {
  readonly what: string;
  readonly fix: string;
}

export interface TextWarningOptions {
  readonly messages: MessagesConfig;
  /** Names of all apps. */
  readonly apps: readonly string[];
  /** Names of the channels whose messages are counted in segments; none: nothing is worth a warning. */
  readonly segmented: readonly string[];
  /** Digits of a code. */
  readonly codeLength: number;
}

/** Enough to find the mistake by. */
const mostShown = 5;
const retrieverLimit = "Android's SMS Retriever reads no message of more than one segment (140 bytes).";

export function textWarnings({ messages, apps, segmented, codeLength }: TextWarningOptions): readonly TextWarning[] {
  const [channel] = segmented;
  if (channel === undefined) return [];
  const segmentsOf = (texts: Texts, app: string, locale: string) => {
    const chosen = texts.choose({ app, channel, form: "sms", locale, country: null });
    return splitSms(chosen.sample(codeLength)).parts.length;
  };
  const hasRetriever = (names: readonly string[]) =>
    names.some((app) => ownEntry(messages.apps, app)?.sms_retriever_hash !== undefined);

  function ofTemplate({ channel: _, ...template }: TemplateConfig, name: string): readonly TextWarning[] {
    // The template alone: which one serves an app is of no matter here.
    const alone = createTexts({ ...messages, templates: [template] });
    const sizes = (template.app === undefined ? apps : [template.app])
      .map((app) => ({ app, segments: segmentsOf(alone, app, template.locale) }))
      .filter(({ segments }) => segments > 1);
    const [first] = sizes;
    return [
      ...alphabetWarnings(template, name),
      ...(first === undefined
        ? []
        : [
            {
              what: `${name} needs ${first.segments} SMS segments, each of which is charged (app ${first.app}${more(sizes.length - 1)})`,
              fix: `Shorten it.${hasRetriever(sizes.map(({ app }) => app)) ? ` ${retrieverLimit}` : ""}`,
            },
          ]),
    ];
  }

  /** An app's name, and its autofill lines, may make the built-in texts longer than their language allows. */
  function ofApp(app: string): readonly TextWarning[] {
    const builtIn = createTexts({ ...messages, templates: [] });
    const name = `messages.apps.${app}.name`;
    const odd = notInGsm7(ownEntry(messages.apps, app)?.name ?? app);
    const long = [...languages.keys()].filter((locale) => segmentsOf(builtIn, app, locale) > 1);
    return [
      ...(odd.length === 0 ? [] : [outsideGsm7(name, odd, "every SMS of this app")]),
      ...(long.length === 0
        ? []
        : [
            {
              what: `The built-in texts of the app ${app} need more than one SMS segment in ${long.join(", ")}`,
              fix: `Give a shorter ${name}, no autofill line, or a template of your own for these languages.${hasRetriever([app]) ? ` ${retrieverLimit}` : ""}`,
            },
          ]),
    ];
  }

  return [
    ...messages.templates.flatMap((template, index) => {
      if (template.channel !== undefined && !segmented.includes(template.channel)) return [];
      return ofTemplate(template, `messages.templates[${index}].text`);
    }),
    ...apps.flatMap(ofApp),
  ];
}

function alphabetWarnings({ text, locale }: Pick<TemplateConfig, "text" | "locale">, name: string): TextWarning[] {
  const odd = notInGsm7(text);
  return odd.length === 0 || !isUsuallyGsm7(locale) ? [] : [outsideGsm7(name, odd, "its SMS")];
}

function outsideGsm7(name: string, odd: readonly string[], whose: string): TextWarning {
  const characters = odd.slice(0, mostShown).map((one) => `"${one}" (${codePoint(one)})`);
  return {
    what: `${name} has ${characters.join(", ")}${more(odd.length - mostShown)}, not in the GSM 7-bit alphabet: ${whose} has 70 characters a segment instead of 160`,
    fix: "Write it without these characters, or accept the price.",
  };
}

/** Of a language with a built-in text what that is in; else of a language in Latin script. */
function isUsuallyGsm7(locale: string): boolean {
  const language = lookup([locale], new Set(languages.keys()));
  if (language === null) return scriptOf(locale) === "Latn";
  return notInGsm7(builtInText(language, "sms", true).text).length === 0;
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : "";
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
