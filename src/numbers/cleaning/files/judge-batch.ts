/** Judges a batch of rows and writes their lines: all work that worker threads share. */
import { createJudge } from "../judge.ts";
import type { CleaningReason, JudgedCell } from "../ports.ts";
import { readable, textOf } from "../text/encoding.ts";
import { cellEnd, cellValue, countCells, RowReader } from "../text/rows.ts";
import { createSafeCells } from "../text/safe-cells.ts";
import type { JudgedBatch, Layout, RowGroup, TextBatch } from "./batch.ts";
import { ListError } from "./list-error.ts";
import { readObject } from "./ndjson.ts";

/** Of rows of some hundred thousand characters at most. */
const mostBatchChars = 64 * 1024 ** 2;

/** Most judged cells: nothing to unquote, and safe to write. */
const plainNumber = /^\+?[0-9]{1,15}$/;

/** A row cut at the judged cell. */
interface CutRow {
  /** Whole cells with their separators, safe to write. */
  readonly before: string;
  readonly after: string;
  /** The judged cell, safe to write as it came. */
  readonly original: string;
  /** What it says; null: the row could not be read. */
  readonly value: string | null;
}

/** @returns a function that judges batches; it keeps nothing between them */
export function createBatchJudge(layout: Layout): (batch: TextBatch) => JudgedBatch {
  const { encoding, dialect, lineEnd, output } = layout;
  const safe = createSafeCells(output, encoding);
  const judge = createJudge(layout.policy);
  const cut = layout.kind === "ndjson" ? objectCutter(layout) : rowCutter(layout);

  return withoutStacks(({ bytes }) => {
    const text = textOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), encoding);
    const reader = new RowReader(text, dialect, layout.kind === "rows");
    const lines = new Lines();
    for (let row = reader.next(); row !== null; row = reader.next()) {
      lines.check();
      const { before, original, value, after } = cut(row);
      if (value === null) {
        const line = rejectedLine(`${before}${original}${after}`, "invalid_request", "", layout);
        lines.reject(line, "invalid_request", false);
        continue;
      }
      const judged = judge(value);
      const { number, reason, suggestion } = judged;
      if (reason === null && number !== null) {
        lines.keep(before, number, `${after}${lineEnd}`, original, judged);
        continue;
      }
      const whole = `${before}${original}${after}`;
      const why = reason ?? "number_invalid";
      const line = rejectedLine(whole, why, suggestion === null ? "" : safe.text(suggestion), layout);
      lines.reject(line, why, suggestion !== null);
    }
    return lines.done();
  });
}

/** The library throws for each text that is no number, and most of that is the stack, which nothing reads. */
function withoutStacks<Args extends readonly unknown[], Result>(work: (...args: Args) => Result) {
  return (...args: Args): Result => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return work(...args);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}

/**
 * A rejected row with its reason and suggestion; shorter rows than the header get empty cells, so that both stand in their
 * columns.
 */
export function rejectedLine(row: string, reason: CleaningReason, suggestion: string, layout: Layout): string {
  const { output, header, lineEnd } = layout;
  const missing = header === null ? 0 : header.length - countCells(row, output);
  const padding = missing > 0 ? output.repeat(missing) : "";
  return `${row}${padding}${output}${reason}${output}${suggestion}${lineEnd}`;
}

function rowCutter({ encoding, column, output, dialect: { delimiter } }: Layout): (row: string) => CutRow {
  const safe = createSafeCells(delimiter, encoding, output);
  return (row) => {
    let start = 0;
    for (let cell = 0; cell < column; cell++) {
      const end = cellEnd(row, start, delimiter);
      if (end >= row.length) {
        const before = `${safe.part(row)}${output.repeat(column - cell)}`;
        return { before, original: "", value: "", after: "" };
      }
      start = end + 1;
    }
    const end = cellEnd(row, start, delimiter);
    const raw = row.slice(start, end);
    const isPlain = plainNumber.test(raw);
    return {
      before: safe.part(row.slice(0, start)),
      original: isPlain ? raw : safe.cell(raw),
      value: isPlain ? raw : readable(cellValue(raw), encoding),
      after: safe.part(row.slice(end)),
    };
  };
}

/** Each line is an object; the last column has what the header does not name. */
function objectCutter(layout: Layout): (line: string) => CutRow {
  const { header, column, encoding, output: delimiter } = layout;
  const safe = createSafeCells(delimiter, encoding);
  const names = header ?? [];
  return (line) => {
    const cells = readObject(readable(line, encoding), names, column);
    if (cells === null) {
      const before = delimiter.repeat(Math.max(0, names.length - 1));
      return { before, original: safe.text(readable(line, encoding)), value: null, after: "" };
    }
    const written = cells.map((cell) => safe.text(cell));
    const join = (part: readonly string[]) => part.join(delimiter);
    return {
      before: column === 0 ? "" : `${join(written.slice(0, column))}${delimiter}`,
      original: written[column] ?? "",
      value: cells[column] ?? "",
      after: column + 1 < written.length ? `${delimiter}${join(written.slice(column + 1))}` : "",
    };
  };
}

/** Collects the lines of a batch. */
class Lines {
  #clean = "";
  #rejects = "";
  #originals = "";
  readonly #keys: number[] = [];
  readonly #ends: number[] = [];
  readonly #group: number[] = [];
  readonly #groups: RowGroup[] = [];
  readonly #reasons: Partial<Record<CleaningReason, number>> = {};
  #suggestions = 0;

  keep(before: string, number: string, after: string, original: string, { country, type, network }: JudgedCell): void {
    const numberAt = this.#clean.length + before.length;
    this.#clean += before + number + after;
    this.#originals += original;
    this.#keys.push(Number(number.slice(1)));
    this.#ends.push(this.#clean.length, numberAt, this.#originals.length);
    // There are few, and the commonest come first.
    const index = this.#groups.findIndex(
      (group) => group.network === network && group.country === country && group.type === type,
    );
    this.#group.push(index === -1 ? this.#groups.push({ country, type, network }) - 1 : index);
  }

  reject(line: string, reason: CleaningReason, hasSuggestion: boolean): void {
    this.#rejects += line;
    this.#keys.push(0);
    this.#ends.push(this.#rejects.length, 0, 0);
    this.#group.push(0);
    this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1;
    if (hasSuggestion) this.#suggestions++;
  }

  /** @throws {ListError} where rows are made to fill the memory */
  check(): void {
    if (this.#clean.length + this.#rejects.length + this.#originals.length <= mostBatchChars) return;
    throw new ListError(
      "rows have far fewer cells than the header, and would be written with all of them: correct the header, or split the list",
    );
  }

  done(): JudgedBatch {
    return {
      rows: this.#keys.length,
      clean: this.#clean,
      rejects: this.#rejects,
      originals: this.#originals,
      keys: Float64Array.from(this.#keys),
      ends: Uint32Array.from(this.#ends),
      group: Uint16Array.from(this.#group),
      groups: this.#groups,
      reasons: this.#reasons,
      suggestions: this.#suggestions,
    };
  }
}
