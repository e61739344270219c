/** Cells as they are written: as they came, but none that a spreadsheet would run as a formula. */
import { isFormula } from "../../../shared/spreadsheet.ts";
import { asCell, readable, type TextEncodingName } from "./encoding.ts";
import { cellValue, type Delimiter, rawCells } from "./rows.ts";

/**
 * Amounts such as -12.50, and the dash of an empty cell: they compute nothing, and an apostrophe would make another text of
 * them.
 */
const plainNumber = /^(?:[+-]?\d+(?:[.,]\d+)?|-)$/;
/**
 * Beginning of a formula behind a separator: a spreadsheet of another locale may split there. Spaces without the tab, which is a
 * separator itself: with it a cell of tabs would take a time that grows with the square of its length.
 */
const hiddenFormula = /[,;\t|][^\S\t]*[=+\-@]/;

/** Whether a part of a row may hold such a cell: quick, and says yes too often. UTF-8 in its bytes too. */
function suspicion(delimiter: Delimiter): RegExp {
  const sign = "(?:[=+\\-@]|\\xef\\xbc[\\x8b\\x8d\\x9d\\xa0]|[\\uff0b\\uff0d\\uff1d\\uff20])";
  const control = delimiter === "\t" ? '[\\r\\0]|"\\s*\\t' : "[\\t\\r\\0]";
  return new RegExp(`(?:^|[,;|"\\s\\x80-\\xbf])${sign}|${control}`);
}

export interface SafeCells {
  /** A part of a row: whole cells and their separators. */
  part(raw: string): string;
  /** One cell as it stands in the row. */
  cell(raw: string): string;
  /** A new cell. */
  text(value: string): string;
}

/** @param output separator that is written, where it is another */
export function createSafeCells(delimiter: Delimiter, encoding: TextEncodingName, output = delimiter): SafeCells {
  const suspicious = suspicion(output);

  function text(value: string): string {
    return safe(quoted(asCell(value, encoding)));
  }

  function safe(raw: string): string {
    if (!suspicious.test(raw)) return raw;
    const value = readable(cellValue(raw), encoding);
    if (isFormula(value) && !plainNumber.test(value)) return quoted(asCell(`'${value}`, encoding));
    return raw[0] !== '"' && hiddenFormula.test(raw) ? quoted(raw) : raw;
  }

  const isSame = output === delimiter;
  const cell = (raw: string) => (isSame ? safe(raw) : text(readable(cellValue(raw), encoding)));
  return {
    cell,
    text,
    part(raw) {
      if (raw === "" || (isSame && !suspicious.test(raw))) return raw;
      return rawCells(raw, delimiter).map(cell).join(output);
    },
  };
}

function quoted(value: string): string {
  return /["\r\n,;\t|]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
