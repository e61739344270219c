/**
 * Rows and cells of CSV (RFC 4180) and its kin. A quote opens a cell at its beginning only; elsewhere it is a character, as
 * in `5" pipe`, and what follows a closing quote up to the separator belongs to the cell.
 */

export const delimiters = [",", ";", "\t", "|"] as const;
export type Delimiter = (typeof delimiters)[number];

export interface Dialect {
  readonly delimiter: Delimiter;
  /** The last character of a line end: `\r` in very old files only. */
  readonly newline: "\n" | "\r";
}

const quote = '"';

/**
 * Where the last whole row of a text ends, behind its line break; 0: there is none.
 * @param text begins where a row begins
 */
export function lastRowEnd(text: string, { delimiter, newline }: Dialect): number {
  let end = 0;
  let from = 0;
  let nextBreak = text.indexOf(newline);
  for (;;) {
    const at = text.indexOf(quote, from);
    const stop = at === -1 ? text.length : at;
    if (nextBreak !== -1 && nextBreak < from) nextBreak = text.indexOf(newline, from);
    if (nextBreak === -1) return end;
    if (nextBreak < stop) end = text.lastIndexOf(newline, stop - 1) + 1;
    if (at === -1) return end;
    const before = text[at - 1];
    if (at > 0 && before !== delimiter && before !== newline) {
      from = at + 1;
      continue;
    }
    const close = closingQuote(text, at);
    // Not closed here, or a quote that may be the first of two.
    if (close === -1 || close + 1 >= text.length) return end;
    from = close + 1;
  }
}

/**
 * Where the last row begins, if it goes on over further lines because a quote of it is never closed; null: it does not. A quote that
 * is open on the last line alone takes no other row.
 * @param text begins where a row begins, and ends with the file
 */
export function openRowStart(text: string, dialect: Dialect): number | null {
  const { newline } = dialect;
  // Behind a line end each row is whole but one with an open quote.
  const start = lastRowEnd(text + newline, dialect);
  return text.slice(start).trimEnd().includes(newline) ? start : null;
}

/** @returns -1 where it is not closed */
function closingQuote(text: string, opening: number): number {
  let at = text.indexOf(quote, opening + 1);
  while (at !== -1 && text[at + 1] === quote) at = text.indexOf(quote, at + 2);
  return at;
}

/** Goes over the rows of a text; skips blank ones. */
export class RowReader {
  readonly #text: string;
  readonly #dialect: Dialect;
  #next = 0;
  #quote: number;

  /** @param quotes false: each line is a row, quotes included */
  constructor(text: string, dialect: Dialect, quotes = true) {
    this.#text = text;
    this.#dialect = dialect;
    this.#quote = quotes ? text.indexOf(quote) : -1;
  }

  /** Where the next row begins. */
  get position(): number {
    return this.#next;
  }

  /** The next row without its line break; null: there is none. */
  next(): string | null {
    const text = this.#text;
    while (this.#next < text.length) {
      const start = this.#next;
      let stop = text.indexOf(this.#dialect.newline, start);
      if (stop === -1) stop = text.length;
      if (this.#quote !== -1 && this.#quote < start) this.#quote = text.indexOf(quote, start);
      if (this.#quote !== -1 && this.#quote < stop) stop = this.#quotedStop(start, stop);
      this.#next = stop + 1;
      const end = stop > start && text.charCodeAt(stop - 1) === 13 ? stop - 1 : stop;
      if (end > start) return text.slice(start, end);
    }
    return null;
  }

  /** @param firstBreak the first line break, which may be in a cell */
  #quotedStop(start: number, firstBreak: number): number {
    const text = this.#text;
    const { delimiter, newline } = this.#dialect;
    let from = start;
    let stop = firstBreak;
    for (;;) {
      if (text[from] === quote) {
        const close = closingQuote(text, from);
        if (close === -1) return text.length;
        from = close + 1;
      }
      if (stop < from) {
        stop = text.indexOf(newline, from);
        if (stop === -1) stop = text.length;
      }
      const next = text.slice(from, stop).indexOf(delimiter);
      if (next === -1) return stop;
      from += next + 1;
    }
  }
}

/** Where the cell of a row that begins at `from` ends: at its separator, or at the row's end. */
export function cellEnd(row: string, from: number, delimiter: string): number {
  let behind = from;
  if (row[from] === quote) {
    const close = closingQuote(row, from);
    if (close === -1) return row.length;
    behind = close + 1;
  }
  const end = row.indexOf(delimiter, behind);
  return end === -1 ? row.length : end;
}

/** How many cells a row has. */
export function countCells(row: string, delimiter: string): number {
  let cells = 1;
  for (let end = cellEnd(row, 0, delimiter); end < row.length; end = cellEnd(row, end + 1, delimiter)) cells++;
  return cells;
}

/** The cells of a row as they stand, quotes included. */
export function rawCells(row: string, delimiter: string): string[] {
  const cells: string[] = [];
  let from = 0;
  for (;;) {
    const end = cellEnd(row, from, delimiter);
    cells.push(row.slice(from, end));
    if (end >= row.length) return cells;
    from = end + 1;
  }
}

/** What a cell says. */
export function cellValue(raw: string): string {
  if (raw[0] !== quote) return raw;
  const close = closingQuote(raw, 0);
  const inside = close === -1 ? raw.slice(1) : raw.slice(1, close);
  const value = inside.includes(quote) ? inside.replaceAll('""', quote) : inside;
  return close === -1 ? value : value + raw.slice(close + 1);
}
