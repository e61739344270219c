/** Cells of CSV files (RFC 4180) that are safe to open in a spreadsheet: OWASP, "CSV Injection"; CWE-1236. */

/** What spreadsheets take for the beginning of a formula, in the wide forms of Asian keyboards too. */
const formula = /^[\s\0]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
/** A number in E.164 computes nothing, and programs read it. */
const e164 = /^\+\d{1,15}(?: \+\d{1,15})*$/;
const needsQuotes = /[",\r\n]|^\s|\s$/;

/** Whether a spreadsheet would run this text as a formula. */
export function isFormula(text: string): boolean {
  return formula.test(text) && !e164.test(text);
}

/** One cell of a file with commas; one that a spreadsheet would run as a formula gets an apostrophe in front. */
export function csvText(text: string): string {
  const safe = isFormula(text) ? `'${text}` : text;
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
