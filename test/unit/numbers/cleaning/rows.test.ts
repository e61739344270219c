import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cellValue,
  countCells,
  type Delimiter,
  type Dialect,
  delimiters,
  lastRowEnd,
  RowReader,
  rawCells,
} from "../../../../src/numbers/cleaning/text/rows.ts";

const comma: Dialect = { delimiter: ",", newline: "\n" };

function read(text: string, dialect = comma): string[][] {
  const reader = new RowReader(text, dialect);
  const rows: string[][] = [];
  for (let row = reader.next(); row !== null; row = reader.next()) {
    rows.push(rawCells(row, dialect.delimiter).map(cellValue));
  }
  return rows;
}

const cell = fc.string({ unit: fc.constantFrom(...'ab 0+,;\t|"\r\n\u00e9'.split("")), maxLength: 6 });
const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });

/** RFC 4180: cells in quotes where they have to be, or anyway. */
function written(rows: readonly (readonly string[])[], delimiter: string, lineEnd: string, always: boolean): string {
  const quoted = (text: string) =>
    always || /["\r\n]|^\s|\s$/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  return rows.map((row) => `${row.map(quoted).join(delimiter)}${lineEnd}`).join("");
}

describe("rows of CSV", () => {
  it("are read as csv-parse reads them, in every dialect", () => {
    const dialect = fc.record({
      delimiter: fc.constantFrom<Delimiter>(...delimiters),
      lineEnd: fc.constantFrom("\n", "\r\n"),
      always: fc.boolean(),
    });
    fc.assert(
      fc.property(table, dialect, (rows, { delimiter, lineEnd, always }) => {
        const text = written(rows, delimiter, lineEnd, always);
        const theirs = parse(text, { delimiter, record_delimiter: lineEnd, relax_column_count: true });
        expect(read(text, { delimiter, newline: "\n" })).toEqual(theirs);
        expect(theirs).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });

  it("have as many cells as they are counted to have", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a,;"'.split("")), maxLength: 12 }), (row) => {
        for (const delimiter of delimiters) expect(countCells(row, delimiter)).toBe(rawCells(row, delimiter).length);
      }),
      { numRuns: 500 },
    );
  });

  it("are the same wherever a file is cut into batches", () => {
    fc.assert(
      fc.property(table, fc.boolean(), fc.nat(60), (rows, always, size) => {
        const text = written(rows, ",", "\n", always);
        const found: string[][] = [];
        let from = 0;
        for (let end = size + 1; from < text.length; ) {
          const piece = text.slice(from, end);
          const whole = end >= text.length ? piece.length : lastRowEnd(piece, comma);
          found.push(...read(piece.slice(0, whole)));
          from += whole;
          end = Math.max(end, from) + size + 1;
        }
        expect(found).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["a quote within a cell is a character", '5" pipe,b\n', [['5" pipe', "b"]]],
    ["what follows a closing quote belongs to the cell", '"a"b,c\n', [["ab", "c"]]],
    ["a quote that is never closed takes the rest", 'a,"b\nc,d\n', [["a", "b\nc,d\n"]]],
    [
      "blank lines are none",
      "a,b\n\n\r\nc,d",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ["an empty cell at the end is one", "a,\n", [["a", ""]]],
    ["a line break in quotes is no end of a row", '"a\n""b""",c\n', [['a\n"b"', "c"]]],
  ])("%s", (_, text, rows) => {
    expect(read(text)).toEqual(rows);
  });

  it("are found in one long column in a time that grows with it, not with its square", () => {
    const rows = 200_000;
    const text = '"08123456789"\n'.repeat(rows);
    const started = process.cpuUsage();
    expect(read(text)).toHaveLength(rows);
    expect(lastRowEnd(text, comma)).toBe(text.length);
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(5);
  });
});
