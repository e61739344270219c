/**
 * What spreadsheets make of phone numbers: scientific notation that lost digits, and dates. Both are recognised, never
 * guessed back.
 */

/** `6.28123E+11`, with a decimal comma too. */
const scientific = /^[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d{1,3}$/;
/** What a spreadsheet adds to a number: `628123456789.0`. */
const zeroFraction = /^(\d{7,15})\.0+$/;
const isoDate = /^(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d\d:\d\d.*)?$/;
/** Day, month and year in either order; numbers in groups of 2, 2 and 4 with a year at the end are dates. */
const dayDate = /^(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|[12]\d|3[01])\1(?:19|20)\d\d(?: \d\d?:\d\d.*)?$/;
/** The General format shows six significant digits of a long number; what came after is zeros. */
const rounded = /^[1-9]\d{0,5}0{5,}$/;

/** Shorter numbers are shown in full. */
const leastRoundedDigits = 11;

export type SpreadsheetValue = "rounded" | "date" | null;

/** Whether a text is what a spreadsheet made of a number. */
export function spreadsheetValue(text: string): SpreadsheetValue {
  // Nearly all cells are digits alone; no pattern below matches those.
  if (!/[-./eE]/.test(text)) return null;
  if (scientific.test(text)) return "rounded";
  return isoDate.test(text) || dayDate.test(text) ? "date" : null;
}

/** The digits of `628123456789.0`; other texts as they are. */
export function withoutZeroFraction(text: string): string {
  return text.endsWith("0") ? (zeroFraction.exec(text)?.[1] ?? text) : text;
}

/**
 * The text of a cell that holds a number, not a text. A number is exact to 15 digits (E.164 has no more), so its digits are
 * read; where they end in five zeros or more after at most six others it was rounded, and scientific notation says so.
 */
export function textOfNumber(value: number): string {
  const text = String(value);
  return rounded.test(text) && text.length >= leastRoundedDigits ? value.toExponential().replace("e", "E") : text;
}
