/** Guesses separator and line end from the beginning of a file. */
import { type Delimiter, type Dialect, delimiters, RowReader, rawCells } from "./rows.ts";

const sampledRows = 50;

/**
 * The separator by which most rows have the same number of cells, two or more; a comma where none has.
 * @param text begins where a row begins
 */
export function guessDialect(text: string): Dialect {
  const newline = text.includes("\n") || !text.includes("\r") ? "\n" : "\r";
  let best: { readonly delimiter: Delimiter; readonly score: number } = { delimiter: ",", score: 0 };
  for (const delimiter of delimiters) {
    const score = scoreOf(text, { delimiter, newline });
    if (score > best.score) best = { delimiter, score };
  }
  return { delimiter: best.delimiter, newline };
}

/** Share of the rows with the commonest number of cells, a little more for more cells; 0 where that is one. */
function scoreOf(text: string, dialect: Dialect): number {
  const reader = new RowReader(text, dialect);
  const counts = new Map<number, number>();
  let rows = 0;
  for (let row = reader.next(); row !== null && rows < sampledRows; row = reader.next()) {
    const cells = rawCells(row, dialect.delimiter).length;
    counts.set(cells, (counts.get(cells) ?? 0) + 1);
    rows++;
  }
  const [cells, commonest] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [1, 0]);
  return cells < 2 || rows === 0 ? 0 : commonest / rows + Math.min(cells, 100) / 1000;
}
