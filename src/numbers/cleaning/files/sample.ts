/** Looks at the beginning of a file: which format, encoding and dialect it has, and what its first rows say. */
import { open } from "node:fs/promises";
import { guessDialect } from "../text/dialect.ts";
import { type Encoding, guessEncoding, readable, textOf, unitBytes } from "../text/encoding.ts";
import { cellValue, type Delimiter, type Dialect, lastRowEnd, RowReader, rawCells } from "../text/rows.ts";
import type { FileFormat } from "./formats.ts";
import { ListError } from "./list-error.ts";
import { cellText, otherColumn, parseObject } from "./ndjson.ts";

/** What was given instead of being guessed. */
export interface FormatOptions {
  readonly format: FileFormat | null;
  readonly encoding: Encoding["name"] | null;
  readonly delimiter: Delimiter | null;
}

export interface TextSample {
  readonly format: Exclude<FileFormat, "xlsx">;
  readonly encoding: Encoding;
  readonly dialect: Dialect;
  readonly lineEnd: string;
  /** The first rows; of NDJSON the names of the columns come first. */
  readonly rows: readonly (readonly string[])[];
  /** Offset of the second row; of NDJSON that of the first. */
  readonly secondRowAt: number;
}

const sampleBytes = 1024 ** 2;
export const sampledRows = 1000;
const zip = Buffer.from("PK\x03\x04", "latin1");
/** Of Excel's files before 2007, and of encrypted ones. */
const compoundFile = Buffer.from([0xd0, 0xcf, 0x11, 0xe0]);

export async function readBeginning(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    if (!(await file.stat()).isFile()) throw new ListError(`${path} is no regular file; save the list into one`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
    if (bytesRead === 0) throw new ListError(`${path} is empty`);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

export function isWorkbook(beginning: Buffer, { format }: FormatOptions): boolean {
  if (beginning.subarray(0, compoundFile.length).equals(compoundFile)) {
    throw new ListError("this is an old or encrypted Excel file; save it as .xlsx without a password, or as CSV");
  }
  return format === "xlsx" || (format === null && beginning.subarray(0, zip.length).equals(zip));
}

/** @throws {ListError} where it has no rows */
export function sampleText(beginning: Buffer, path: string, options: FormatOptions): TextSample {
  const guessed = guessEncoding(beginning);
  const encoding =
    options.encoding === null || options.encoding === guessed.name ? guessed : { name: options.encoding, markBytes: 0 };
  const unit = unitBytes(encoding.name);
  const behindMark = beginning.subarray(encoding.markBytes);
  const text = textOf(
    Buffer.from(behindMark.subarray(0, behindMark.length - (behindMark.length % unit))),
    encoding.name,
  );
  const whole = beginning.length < sampleBytes;
  if (options.format === "ndjson" || (options.format === null && looksLikeJson(text))) {
    return sampleObjects(text, whole, encoding);
  }
  const tabs = options.format === "tsv" || (options.format === null && /\.(tsv|tab)$/i.test(path));
  const guessedDialect = guessDialect(text);
  const dialect = { ...guessedDialect, delimiter: options.delimiter ?? (tabs ? "\t" : guessedDialect.delimiter) };
  const end = whole ? text.length : lastRowEnd(text, dialect);
  const reader = new RowReader(text.slice(0, end), dialect);
  const rows: string[][] = [];
  let secondRowAt = 0;
  for (let row = reader.next(); row !== null && rows.length < sampledRows; row = reader.next()) {
    if (rows.length === 0) secondRowAt = encoding.markBytes + Math.min(reader.position, text.length) * unit;
    rows.push(rawCells(row, dialect.delimiter).map((cell) => readable(cellValue(cell), encoding.name)));
  }
  if (rows.length === 0) throw new ListError(`${path} has no rows`);
  const format = dialect.delimiter === "\t" ? "tsv" : "csv";
  const lineEnd = dialect.newline === "\r" ? "\r" : text.includes("\r\n") ? "\r\n" : "\n";
  return { format, encoding, dialect, lineEnd, rows, secondRowAt };
}

/** As many as a sheet can have. */
const mostColumns = 16_384;

/** Each row is written with all columns, so the shortest row costs as much as the longest. @throws {ListError} */
export function refuseTooWide(columns: number): void {
  if (columns <= mostColumns) return;
  throw new ListError(`the list has ${columns} columns, and at most ${mostColumns} are read: is its separator right?`);
}

function looksLikeJson(text: string): boolean {
  const first = text.trimStart();
  return first.startsWith("{") && parseObject(first.split("\n", 1)[0] ?? "") !== null;
}

function sampleObjects(text: string, whole: boolean, encoding: Encoding): TextSample {
  const lines = (whole ? text : text.slice(0, text.lastIndexOf("\n") + 1)).split("\n").slice(0, sampledRows);
  const objects = lines.flatMap((line) => {
    const object = parseObject(readable(line, encoding.name));
    return object === null ? [] : [object];
  });
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))].filter((name) => name !== otherColumn);
  refuseTooWide(names.length);
  const rows = objects.map((object) => names.map((name) => cellText(object[name], false)));
  return {
    format: "ndjson",
    encoding,
    dialect: { delimiter: ",", newline: "\n" },
    lineEnd: "\n",
    rows: [[...names, otherColumn], ...rows],
    secondRowAt: encoding.markBytes,
  };
}
