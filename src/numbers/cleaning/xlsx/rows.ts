/** The rows of a sheet, as texts. */

import { ListError } from "../files/list-error.ts";
import { textOfNumber } from "../spreadsheet-values.ts";
import { type Archive, longer } from "./archive.ts";
import type { SharedStrings } from "./shared-strings.ts";
import { dateText } from "./styles.ts";

export interface SheetParts {
  readonly archive: Archive;
  readonly part: string;
  readonly strings: SharedStrings;
  /** By style, whether it shows a date. */
  readonly dateStyles: readonly boolean[];
  readonly from1904: boolean;
  /** Column of phone numbers: a number there that a spreadsheet rounded says so; null: none yet. */
  readonly column: number | null;
  /** Gets what the sheet says of itself. */
  readonly dimension: { rows: number | null };
}

/** Columns of a sheet end with XFD. */
const mostColumns = 16_384;
/** As of text files. */
const mostRowChars = 4 * 1024 ** 2;

/**
 * Rows with at least one cell, piece by piece. Numbers are texts as they are in the file; what a format shows of them is not
 * seen, but for dates, which are written as such: 2026-11-26.
 */
export async function* readSheetRows(parts: SheetParts): AsyncGenerator<readonly (readonly string[])[], void> {
  let rows: string[][] = [];
  let row: string[] = [];
  let at = -1;
  let chars = 0;
  let cell = { type: "n", style: 0, value: "" };
  let collects = false;

  const handlers = {
    open(name: string, attributes: Readonly<Record<string, string>>) {
      if (name === "dimension") parts.dimension.rows = rowsOf(attributes.ref);
      if (name === "row") {
        row = [];
        at = -1;
        chars = 0;
      } else if (name === "c") {
        at = columnOf(attributes.r) ?? at + 1;
        cell = { type: attributes.t ?? "n", style: Number(attributes.s ?? 0), value: "" };
      } else collects = name === "v" || (name === "t" && cell.type === "inlineStr");
    },
    text(more: string) {
      if (collects) cell.value = longer(cell.value, more);
    },
    close(name: string) {
      collects = false;
      if (name === "row") {
        if (row.some((text) => text !== "")) rows.push(row);
      } else if (name === "c" && at < mostColumns) {
        while (row.length < at) row.push("");
        const text = textOf(cell, at, parts);
        row[at] = text;
        chars += text.length;
        // Cells share texts, so a row of few bytes can have any number of characters.
        if (chars > mostRowChars) throw new ListError(`a row of the workbook has more than ${mostRowChars} characters`);
      }
    },
  };
  for await (const _ of parts.archive.parse(parts.part, handlers)) {
    if (rows.length === 0) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

function textOf(
  { type, style, value }: { readonly type: string; readonly style: number; readonly value: string },
  at: number,
  { strings, dateStyles, from1904, column }: SheetParts,
): string {
  // A cell that has a format and nothing in it: as an index it would be 0, as a truth value false.
  if (["s", "b", "n"].includes(type) && value.trim() === "") return "";
  switch (type) {
    case "s":
      return strings.get(Number(value));
    case "b":
      return value === "1" ? "TRUE" : "FALSE";
    case "n": {
      const number = Number(value);
      if (!Number.isFinite(number)) return value;
      if (dateStyles[style] === true) return dateText(number, from1904);
      if (at === column) return textOfNumber(number);
      // As it stands in the file: other programs than Excel write more digits than a number keeps.
      return /^-?\d+$/.test(value) ? value : String(number);
    }
    default:
      return value;
  }
}

/** `C12` is in column 2; undefined where it has no reference. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? "")?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** `A1:D20` has 20 rows; null where that is not said, or is only the first cell, as streaming writers say. */
function rowsOf(reference = ""): number | null {
  const last = /^[A-Z]+\d+:[A-Z]+(\d+)$/.exec(reference)?.[1];
  return last === undefined ? null : Number(last);
}
