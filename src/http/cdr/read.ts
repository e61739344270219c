/** Reads what requests for records ask for. */
import { type Place, readCursor } from "../../cdr/cursor.ts";
import { type ExportFormat, exportFormats, writers } from "../../cdr/representation.ts";
import type { CdrFilter } from "../../cdr/store-port.ts";
import { invalidBody, invalidQuery } from "../errors/parts.ts";
import type { RequestRefusal } from "../errors/request-refusal.ts";
import { countryOf, rangeOf } from "../request-parts.ts";
import type { CdrSearch } from "./request-schemas.ts";

/**
 * The filter of a request.
 * @param app null: all
 * @param to the canonical recipient
 * @param part where the filter is: a query string calls `to_time` `to`
 * @throws {RequestRefusal} where nothing could match it
 */
export function filterOf(
  asked: Omit<CdrSearch, "to" | "cursor" | "limit" | "format">,
  app: string | null,
  to: string | undefined,
  part: "body" | "querystring",
): CdrFilter {
  const { verification, channel, status, state, reason, trunk, outcome } = asked;
  const range = { from: asked.from, to: asked.to_time };
  return withoutUndefined({
    ...{ app: app ?? undefined, verification, to, channel, country: asked.country && countryOf(asked.country) },
    ...rangeOf(range, part, part === "body" ? "to_time" : "to"),
    ...{ status, state, reason, trunk, outcome },
  });
}

function withoutUndefined<T extends object>(object: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}

/** @throws {RequestRefusal} where the cursor is of another query */
export function placeOf(cursor: string | undefined, query: unknown, part: "body" | "querystring"): Place | null {
  if (cursor === undefined) return null;
  const place = readCursor(cursor, query);
  if (place === null) {
    throw invalidFilter(part, "cursor", "must be `next` of a page that was asked for with the same filters");
  }
  return place;
}

/** What a list is answered with: an export where `format` or else `Accept` names one; null: JSON in pages. */
export function exportFormatOf(format: string | undefined, accept: string | undefined): ExportFormat | null {
  if (format !== undefined) return exportFormats.find((one) => one === format) ?? null;
  const wanted = (accept ?? "").split(",").map((one) => one.split(";")[0]?.trim().toLowerCase() ?? "");
  // The first of the types that there are.
  for (const type of wanted) {
    if (type === "application/json" || type === "*/*" || type === "application/*") return null;
    const found = exportFormats.find((one) => writers[one].contentType.startsWith(`${type};`));
    if (found !== undefined) return found;
  }
  return null;
}

export function invalidFilter(part: "body" | "querystring", name: string, detail: string): RequestRefusal {
  return part === "body" ? invalidBody(`/${name}`, detail) : invalidQuery(name, detail);
}
