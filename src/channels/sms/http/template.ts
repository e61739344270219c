/**
 * Fills the placeholders of a request. Values go in after the structure is known (a parsed JSON document, a list of
 * fields), so that no text can add a field or end a string; they are filled in one pass, so that a text with braces stays
 * a text.
 */
import type { SmsMessage } from "../route-port.ts";
import type { SmsHttpConfig } from "./config.ts";
import { parseJson } from "./values.ts";

export const placeholders = [
  "to",
  "to_digits",
  "text",
  "sender",
  "id",
  "validity_seconds",
  "country",
  "locale",
  "app",
] as const;
type Placeholder = (typeof placeholders)[number];
export type Values = Readonly<Record<Placeholder, string | null>>;

const pattern = /\{([a-z_]+)\}/g;

/** Placeholders in a string that do not exist. */
export function unknownPlaceholders(template: string, known: readonly string[] = placeholders): readonly string[] {
  return [...template.matchAll(pattern)].map(([, name = ""]) => name).filter((name) => !known.includes(name));
}

export function valuesOf(message: SmsMessage): Values {
  return {
    to: message.to,
    to_digits: message.to.replace(/^\+/, ""),
    text: message.text,
    sender: message.sender,
    id: message.deliveryId,
    validity_seconds: String(Math.max(1, Math.floor(message.validityMs / 1000))),
    country: message.country,
    locale: message.locale,
    app: message.app,
  };
}

/** Null: the whole string is one placeholder without a value, so there is nothing to send. */
export function fill(template: string, values: Values): string | null {
  const only = /^\{([a-z_]+)\}$/.exec(template)?.[1];
  if (only !== undefined) return values[only as Placeholder];
  return template.replace(pattern, (_, name: string) => values[name as Placeholder] ?? "");
}

export interface Filled {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

type Template = Pick<SmsHttpConfig, "url" | "headers" | "query" | "json" | "form">;

/** Makes what fills a request; the JSON is parsed once. @throws {Error} where `json` is no JSON, see config-checks.ts */
export function requestTemplate({ url, headers = {}, query = {}, json, form }: Template): (values: Values) => Filled {
  const document = json === undefined ? undefined : parseJson(json);
  if (json !== undefined && document === undefined) throw new Error("sms: `json` of an HTTP route is no JSON");
  return (values) => {
    const target = new URL(url);
    for (const [name, value] of fields(query, values)) target.searchParams.append(name, value);
    const own = fields(headers, values).map(([name, value]) => [name.toLowerCase(), value] as const);
    return { url: target, headers: Object.fromEntries(own), body: bodyOf(document, form, values) };
  };
}

function bodyOf(document: unknown, form: Readonly<Record<string, string>> | undefined, values: Values): string | null {
  if (document !== undefined) return JSON.stringify(fillDocument(document, values));
  return form === undefined ? null : new URLSearchParams([...fields(form, values)]).toString();
}

function fields(templates: Readonly<Record<string, string>>, values: Values): [string, string][] {
  return Object.entries(templates).flatMap(([name, template]): [string, string][] => {
    const value = fill(template, values);
    return value === null ? [] : [[name, value]];
  });
}

/** A copy of a parsed document with its strings filled; keys stay. What has no value is left out. */
function fillDocument(node: unknown, values: Values): unknown {
  if (typeof node === "string") return fill(node, values) ?? undefined;
  if (Array.isArray(node)) return node.map((item) => fillDocument(item, values)).filter((item) => item !== undefined);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fillDocument(value, values)]));
}
