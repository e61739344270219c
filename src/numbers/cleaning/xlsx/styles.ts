/** Which cell formats of a workbook show a number as a date or a time (ECMA-376 part 1, 18.8.30 and 18.8.31). */
import { ListError } from "../files/list-error.ts";
import { type Archive, mostSmallBytes } from "./archive.ts";

/** Formats without a definition: dates and times, also those of East Asian locales. */
function isBuiltInDate(id: number): boolean {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);
}

/** Excel's own bounds. */
const mostCodeChars = 255;
const mostStyles = 65_490;

/** Texts in quotes, escaped characters, colours and conditions in brackets. */
const notFormat = /"[^"]*"|\\.|_.|\*.|\[[^\]]*\]/g;

/** @returns by index of a cell's style, whether it shows a date */
export async function readDateStyles(archive: Archive): Promise<readonly boolean[]> {
  const codes = new Map<number, string>();
  const styles: boolean[] = [];
  let inCells = false;
  const handlers = {
    open(name: string, { numFmtId = "0", formatCode = "" }: Readonly<Record<string, string>>) {
      const id = Number(numFmtId);
      if (name === "numFmt") codes.set(id, formatCode.slice(0, mostCodeChars));
      if (name === "cellXfs") inCells = true;
      if (name !== "xf" || !inCells) return;
      if (styles.length >= mostStyles) throw new ListError(`the workbook has more than ${mostStyles} cell styles`);
      styles.push(isDate(codes.get(id), id));
    },
    close(name: string) {
      if (name === "cellXfs") inCells = false;
    },
  };
  for await (const _ of archive.parse("xl/styles.xml", handlers, mostSmallBytes));
  return styles;
}

function isDate(code: string | undefined, id: number): boolean {
  if (code === undefined) return isBuiltInDate(id);
  return /[dmyhs]/i.test(code.replace(notFormat, "").replace(/general/gi, ""));
}

/** Days between 1899-12-30 and 1970-01-01: Excel's first day is 1, and it has a 29 February 1900. */
const epochDays = 25_569;
const dayMs = 86_400_000;
/** Where a workbook counts from 1904-01-01. */
const days1904 = 1462;

/** `2026-11-26`, or with a time `2026-11-26 09:30:00`; a number that is no date as it is. */
export function dateText(serial: number, from1904: boolean): string {
  const ms = Math.round((serial + (from1904 ? days1904 : 0) - epochDays) * dayMs);
  if (!Number.isFinite(ms) || Math.abs(ms) > 8e15) return String(serial);
  const [date = "", time = ""] = new Date(ms).toISOString().slice(0, 19).split("T");
  return time === "00:00:00" ? date : `${date} ${time}`;
}
