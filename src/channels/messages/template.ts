/** A message's template: text with placeholders in braces. */

import { isRightToLeft } from "../../shared/locale.ts";
import { notInGsm7 } from "./gsm.ts";

/** `minutes` is how long the code is still accepted, a number from 1 to 10 without its unit. */
export const placeholders = ["code", "app", "minutes"] as const;
export type Placeholder = (typeof placeholders)[number];

/** FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE (UAX #9, 2.4). */
const isolate = { start: "\u2068", end: "\u2069" } as const;

const placeholder = /\{([^{}]*)\}/g;
/** A template may break lines; nothing else that does not show. */
const controlCharacter = /(?!\n)\p{Cc}/u;

export type Values = Readonly<Record<Placeholder, string>>;

/**
 * Prepares a template; the result fills in the placeholders, in one pass: a name with braces in it stays as it is. In a
 * language that is written from right to left each value is isolated, so that a Latin name or digits beside it cannot change
 * the order of what surrounds it. That takes characters outside of GSM 7-bit, so a template within it is left as it is.
 */
export function prepare(template: string, locale: string): (values: Values) => string {
  const isolated = isRightToLeft(locale) && notInGsm7(template).length > 0;
  // Text and the names of placeholders take turns.
  const parts = template.split(placeholder);
  return (values) =>
    parts
      .map((part, index) => {
        if (index % 2 === 0) return part;
        const value = isPlaceholder(part) ? values[part] : `{${part}}`;
        return isolated ? `${isolate.start}${value}${isolate.end}` : value;
      })
      .join("");
}

/** What is wrong with a template, to follow "expected"; null: nothing. @param needsCode false for a subject */
export function templateProblem(template: string, needsCode: boolean): string | null {
  const names = [...template.matchAll(placeholder)].map(([, name = ""]) => name);
  const unknown = names.find((name) => !isPlaceholder(name));
  if (unknown !== undefined) {
    return `only the placeholders ${placeholders.map((name) => `{${name}}`).join(", ")}; {${unknown}} is none`;
  }
  if (/[{}]/.test(template.replace(placeholder, ""))) return "every { closed by a } and no others";
  if (controlCharacter.test(template)) return "no control characters except line breaks";
  if (!needsCode && template.includes("\n")) return "one line";
  if (needsCode && !names.includes("code")) return "a text with {code}: without it people get no code";
  return null;
}

function isPlaceholder(name: string): name is Placeholder {
  return (placeholders as readonly string[]).includes(name);
}
