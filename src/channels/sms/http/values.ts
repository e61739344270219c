/** Reads single values out of answers and receipts. */
import { parseExactJson } from "../../../shared/exact-json.ts";
import { atPointer } from "../../../shared/json-pointer.ts";
import type { Where } from "./config.ts";

/** What a regular expression of the configuration sees: it may backtrack. */
const maxSearched = 4096;
const maxValueLength = 300;

/** A value as text: strings, numbers and truth values; null for anything else, and for what is no id or code by its length. */
export function textOf(value: unknown): string | null {
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof text === "string" && text !== "" && text.length <= maxValueLength ? text : null;
}

/** Reads one value of an answer, as the configuration describes. */
export function reader(where: Where | undefined): (body: string) => string | null {
  if (where?.regex !== undefined) {
    const pattern = new RegExp(where.regex);
    return (body) => textOf(pattern.exec(body.slice(0, maxSearched))?.[1]);
  }
  const { pointer } = where ?? {};
  return pointer === undefined ? () => null : (body) => textOf(atPointer(parseJson(body), pointer));
}

/** Undefined where it is no JSON. Ids may be longer than numbers are exact: 17 digits and more. */
export function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}
