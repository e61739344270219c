/** Templates that cannot be used, and names in section `messages` that do not exist. */

import { canonicalTag } from "../../shared/locale.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import { didYouMean } from "../../typed-yaml/nearest.ts";
import type { MessagesConfig, TemplateConfig } from "./config.ts";
import { templateProblem } from "./template.ts";

interface Sections {
  readonly messages: MessagesConfig;
  readonly apps: Readonly<Record<string, unknown>>;
}

export const messagesChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["messages"], problems: templatesAreUsable },
  { reads: ["messages"], problems: templatesDiffer },
  { reads: ["messages", "apps"], problems: appsExist },
  { reads: ["messages"], problems: channelsExist },
];

function each(
  { messages }: Sections,
  isSound: IsSound,
  problems: (template: TemplateConfig, path: Path) => readonly Problem[],
): Problem[] {
  return messages.templates.flatMap((template, index) => {
    const path = ["messages", "templates", index];
    return isSound(path) ? problems(template, path) : [];
  });
}

function templatesAreUsable(sections: Sections, isSound: IsSound): Problem[] {
  return each(sections, isSound, ({ text, subject, locale }, path) => {
    const wrong = (key: string, given: string, expected: string | null): Problem[] =>
      expected === null ? [] : [{ path: [...path, key], given: JSON.stringify(given.slice(0, 80)), expected }];
    return [
      ...wrong("text", text, templateProblem(text, true)),
      ...(subject === undefined ? [] : wrong("subject", subject, templateProblem(subject, false))),
      ...wrong("locale", locale, canonicalTag(locale) === null ? "a BCP 47 language tag, for instance pt-BR" : null),
    ];
  });
}

/** Of two for the same app, channel and language one would never be used. */
function templatesDiffer(sections: Sections, isSound: IsSound): Problem[] {
  const seen = new Map<string, number>();
  return each(sections, isSound, ({ app, channel, locale }, path) => {
    const key = JSON.stringify([app, channel, canonicalTag(locale)]);
    const other = seen.get(key);
    if (other === undefined) seen.set(key, Number(path.at(-1)));
    if (other === undefined) return [];
    const expected = `another app, channel or locale than messages.templates[${other}], which has the same`;
    return [{ path, given: "a template", expected }];
  });
}

function appsExist(sections: Sections, isSound: IsSound): Problem[] {
  const { messages, apps } = sections;
  const unknown = (path: Path, name: string): Problem[] =>
    Object.hasOwn(apps, name) ? [] : [{ path, given: JSON.stringify(name), expected: `an app${hint(name, apps)}` }];
  return [
    ...each(sections, isSound, ({ app }, path) => (app === undefined ? [] : unknown([...path, "app"], app))),
    ...Object.keys(messages.apps ?? {}).flatMap((name) => {
      const path = ["messages", "apps", name];
      return isSound(path) ? unknown(path, name) : [];
    }),
  ];
}

/** Each message channel has its section at the top, under its own name. */
function channelsExist(sections: Sections, isSound: IsSound): Problem[] {
  return each(sections, isSound, ({ channel }, path) => {
    if (channel === undefined || Object.hasOwn(sections, channel)) return [];
    const expected = `a channel with a section in this file${hint(channel, sections as object as Record<string, unknown>)}`;
    return [{ path: [...path, "channel"], given: JSON.stringify(channel), expected }];
  });
}

function hint(name: string, known: Readonly<Record<string, unknown>>): string {
  return didYouMean(name, Object.keys(known));
}
