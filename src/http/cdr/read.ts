/** Reads what requests for records ask for. */
import { type Place, readCursor } from "../../cdr/cursor.ts";
import { readMoment } from "../../cdr/moment.ts";
import { type ExportFormat, exportFormats, writers } from "../../cdr/representation.ts";
import type { CdrFilter } from "../../cdr/store-port.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";
import type { CdrSearch } from "./schemas.ts";

/** A time of the schema `moment`. @throws {RequestRefusal} where there is no such day or time */
export function timeOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = readMoment(text);
  if (ms === null) throw invalid(name, "must be a time such as 2026-11-01T00:00:00Z, or a date");
  return ms;
}

/** The filter of a request. @param to the canonical recipient @param app null: all @param untilName how the request calls `to_time` */
export function filterOf(
  asked: Omit<CdrSearch, "to" | "cursor" | "limit" | "format">,
  app: string | null,
  to: string | undefined,
  untilName: "to" | "to_time",
): CdrFilter {
  const { verification, channel, country, status, state, reason, trunk, outcome } = asked;
  const [fromMs, toMs] = [timeOf(asked.from, "from"), timeOf(asked.to_time, untilName)];
  return withoutUndefined({
    ...{ app: app ?? undefined, fromMs, toMs, verification, to, channel, country: country?.toUpperCase() },
    ...{ status, state, reason, trunk, outcome },
  });
}

function withoutUndefined<T extends object>(object: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}

/** @throws {RequestRefusal} where the cursor is of another query */
export function placeOf(cursor: string | undefined, query: unknown): Place | null {
  if (cursor === undefined) return null;
  const place = readCursor(cursor, query);
  if (place === null) throw invalid("cursor", "must be `next` of a page that was asked for with the same filters");
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

export function invalid(name: string, detail: string): RequestRefusal {
  return new RequestRefusal(400, "The request is invalid; see `errors`.", [{ pointer: `#/${name}`, detail }]);
}
