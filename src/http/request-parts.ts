/** Pieces of requests that many routes share: forms with their words, pages, times. */
import { Type } from "typebox";
import { momentInWords, momentPattern, readMoment } from "../cdr/moment.ts";
import { readCountry } from "../numbers/country.ts";
import { Refusal } from "../shared/refusal.ts";
import { invalidPart, type RequestPart, requestError } from "./errors/parts.ts";

interface Options {
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly default?: string;
  readonly examples?: readonly string[];
}

/** A string of a certain form. @param expected what it must be, in words: errors never show a pattern */
export function written(pattern: string, expected: string, description: string, options: Options = {}) {
  return Type.String({ pattern, "x-expected": expected, description, ...(options as object) });
}

/** As names in the configuration. */
export const appNamePattern = "^[a-z0-9][a-z0-9_-]{0,39}$";
export const appName = (description: string) =>
  written(
    appNamePattern,
    "a name of 1 to 40 lowercase letters, digits, - and _ that starts with a letter or digit",
    description,
    { examples: ["shop"] },
  );

/** The header of requests that may be repeated. */
export const idempotencyKey = (description: string, options: Options = {}) =>
  Type.Optional(
    written("^[\\x20-\\x7e]*$", "printable ASCII characters", description, {
      minLength: 1,
      maxLength: 255,
      ...options,
    }),
  );

/** A text that is shown in logs and on screens. */
export const line = (description: string, options: Options = {}) =>
  written("^[^\\u0000-\\u001f\\u007f]*$", "one line without control characters", description, {
    maxLength: 200,
    ...options,
  });

const limitPatterns = { 100: "^([1-9]\\d?|100)$", 1000: "^([1-9]\\d{0,2}|1000)$" } as const;

/** How many rows a page has at most, in a query string. @param usual without it @param isFilled whether the route gets it then */
export function pageLimit(most: keyof typeof limitPatterns, usual: number, isFilled = true) {
  const description = `How many rows a page has at most, 1 to ${most}; default ${usual}.`;
  const options = isFilled ? { default: String(usual) } : {};
  return Type.Optional(written(limitPatterns[most], `a whole number from 1 to ${most}`, description, options));
}

/** `cursor` of a list. @param pattern of what its answers have as `next` */
export function pageCursor(pattern: string, options: Options = {}) {
  const description = "`next` of the page before: the page that follows it.";
  return Type.Optional(written(pattern, "`next` of the page before", description, options));
}

/** A time in a filter: RFC 3339, or a date. @param hint what else to say of one that is none */
export const moment = (description: string, hint = "") =>
  written(momentPattern, `${momentInWords}; in a URL write + as %2B${hint}`, description, {
    examples: ["2026-11-01T00:00:00Z"],
  });

/** Begin and end of a list's time. */
export const timeRange = {
  from: Type.Optional(moment("Rows from this time on: RFC 3339, or a date (UTC). In a URL write + as %2B.")),
  to: Type.Optional(moment("Rows before this time.")),
};

/** A `country` of a request in capital letters. @throws {Refusal} `invalid_request` where there is no such country */
export function countryOf(text: string): string {
  const read = readCountry(text);
  if ("refusal" in read) throw new Refusal(read.refusal.code, read.refusal.detail);
  return read.country;
}

/** @param name of the time in the part @throws {RequestRefusal} where there is no such day or time */
export function timeOf(text: string | undefined, name: string, part: RequestPart): number | undefined {
  if (text === undefined) return undefined;
  const ms = readMoment(text);
  if (ms === null) throw refused(part, name, `must be ${momentInWords}`);
  return ms;
}

/**
 * A time range of a request.
 * @param toName how the request calls its end
 * @throws {RequestRefusal} where one of the two is no time, or it is empty
 */
export function rangeOf(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  part: RequestPart,
  toName: "to" | "to_time" = "to",
): { readonly fromMs?: number; readonly toMs?: number } {
  const [fromMs, toMs] = [timeOf(from, "from", part), timeOf(to, toName, part)];
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw refused(part, "from", `must be before \`${toName}\``);
  }
  return { ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) };
}

function refused(part: RequestPart, name: string, detail: string) {
  return invalidPart(part, [requestError(part, `/${name}`, detail)]);
}
