/** One line of the operator's file of number ranges: `prefix,mcc_mnc,name[,ported]`. */
import { ownEntry } from "../../shared/own-entry.ts";
import { maxE164Digits } from "../e164.ts";
import { readMccMnc } from "./mcc-mnc.ts";
import type { Network } from "./types.ts";

export interface FileRange {
  /** Digits of E.164 without the plus sign. */
  readonly prefix: string;
  readonly network: Omit<Network, "source">;
}

export const maxNameLength = 100;
/** Above every name with its code. */
export const maxLineLength = 1000;
const ported: Readonly<Record<string, boolean | null>> = {
  ...{ "": null, true: true, yes: true, 1: true },
  ...{ false: false, no: false, 0: false },
};

/**
 * @returns null of a line without content (empty, `#` and a comment, the header), else the range, or what is wrong: words that
 * quote no part of the line, because a prefix may be somebody's whole number
 */
export function readFileLine(line: string, isFirst: boolean): FileRange | { readonly problem: string } | null {
  if (/^\s*(#|$)/.test(line) || (isFirst && /^\uFEFF?\s*"?prefix\b/i.test(line))) return null;
  if (line.length > maxLineLength) return { problem: `longer than ${maxLineLength} characters` };
  const fields = fieldsOf(isFirst ? line.replace(/^\uFEFF/, "") : line);
  if (fields === null) return { problem: "a quotation mark that is not closed, or text behind one" };
  const [prefix = "", code = "", name = "", left = ""] = fields;
  if (fields.length < 2 || fields.length > 4) {
    return { problem: `${fields.length} fields; prefix,mcc_mnc,name and optionally ported are expected` };
  }
  const digits = /^\+?([1-9]\d*)$/.exec(prefix)?.[1];
  if (digits === undefined || digits.length > maxE164Digits) {
    return { problem: `prefix: 1 to ${maxE164Digits} digits of E.164 are expected, country code first` };
  }
  const mccMnc = code === "" ? null : readMccMnc(code);
  if (code !== "" && mccMnc === null) return { problem: "mcc_mnc: 5 or 6 digits are expected, or nothing" };
  if (name.length > maxNameLength || /\p{Cc}/u.test(name)) {
    return { problem: `name: at most ${maxNameLength} characters without control characters are expected` };
  }
  if (name === "" && mccMnc === null) return { problem: "neither mcc_mnc nor name" };
  const isPorted = ownEntry(ported, left.toLowerCase());
  if (isPorted === undefined) return { problem: "ported: true, false or nothing is expected" };
  return { prefix: digits, network: { name: name === "" ? null : name, mccMnc, ported: isPorted } };
}

/** RFC 4180, but for line breaks within quotation marks. Null: a quotation mark is out of place. */
function fieldsOf(line: string): readonly string[] | null {
  if (!line.includes('"')) return line.split(",").map((field) => field.trim());
  const fields: string[] = [];
  const field = /\s*(?:"((?:[^"]|"")*)"\s*|([^",]*))(,|$)/y;
  for (;;) {
    const found = field.exec(line);
    if (found === null) return null;
    fields.push((found[1]?.replaceAll('""', '"') ?? found[2] ?? "").trim());
    if (found[3] === "") return fields;
  }
}
