/** Opens the file of a run: what was asked for, and guesses for the rest. */
import { version } from "../../../shared/version.ts";
import { numberingMetadata } from "../../library.ts";
import type { CleaningPolicy, RowSource } from "../ports.ts";
import type { Sheet } from "../xlsx/source.ts";
import type { Layout, TextBatch } from "./batch.ts";
import type { FileFormat } from "./formats.ts";
import { findColumn, guessColumn, guessCountry, guessHeader } from "./guess.ts";
import type { InputPrint } from "./input-print.ts";
import type { RunSettings } from "./journal.ts";
import { ListError } from "./list-error.ts";
import { type FormatOptions, isWorkbook, refuseTooWide, sampledRows, sampleText } from "./sample.ts";
import { createTextSource } from "./text-source.ts";

export interface InputOptions extends FormatOptions {
  readonly file: string;
  readonly folder: string;
  /** By name, or number from 1; null: guessed. */
  readonly column: string | null;
  /** Where it has no country, that is guessed. */
  readonly policy: CleaningPolicy;
  /** Null: guessed. */
  readonly header: boolean | null;
  /** Of a workbook; null: the first. */
  readonly sheet: string | null;
}

export interface InputPlan {
  readonly format: FileFormat;
  readonly encoding: string;
  readonly delimiter: string;
  readonly header: boolean;
  readonly column: { readonly name: string; readonly guessedShare: number | null };
  readonly country: { readonly country: string | null; readonly guessedShare: number | null };
  /** What positions count up to: bytes, or rows of a workbook; null: not known. */
  readonly total: number | null;
}

export interface OpenInput {
  readonly layout: Layout;
  readonly source: RowSource<TextBatch, number>;
  readonly mark: boolean;
  readonly plan: InputPlan;
  readonly settings: RunSettings;
  close(): void;
}

/** @throws {ListError} */
export async function openInput(beginning: Buffer, input: InputPrint, options: InputOptions): Promise<OpenInput> {
  if (!isWorkbook(beginning, options)) return openText(beginning, input, options);
  // Most lists are none, and what reads it takes a tenth of the start.
  const { openSheet } = await import("../xlsx/source.ts");
  const sheet = await openSheet(options.file, options.sheet, options.folder);
  try {
    return await openWorkbook(sheet, options);
  } catch (error) {
    sheet.close();
    throw error;
  }
}

function openText(beginning: Buffer, input: InputPrint, options: InputOptions): OpenInput {
  const sample = sampleText(beginning, options.file, options);
  const { format, encoding, dialect, lineEnd, rows } = sample;
  const known = decide(rows, format === "ndjson" ? true : options.header, options);
  const kind = format === "ndjson" ? ("ndjson" as const) : ("rows" as const);
  const { header, column, policy } = known;
  // What is called .csv has no tabs between its cells.
  const output = dialect.delimiter === "\t" ? "," : dialect.delimiter;
  const layout: Layout = { kind, encoding: encoding.name, dialect, output, lineEnd, header, column, policy };
  const dataStart = kind === "ndjson" || header !== null ? sample.secondRowAt : encoding.markBytes;
  return {
    layout,
    source: createTextSource(options.file, layout, dataStart),
    mark: encoding.markBytes > 0,
    ...described(layout, format, known, input.bytes, null),
    close: () => undefined,
  };
}

async function openWorkbook(sheet: Sheet, options: InputOptions): Promise<OpenInput> {
  const rows = await sheet.sample(sampledRows);
  if (rows.length === 0) throw new ListError(`the sheet ${JSON.stringify(sheet.name)} has no rows`);
  const known = decide(rows, options.header, options);
  const { header, column, policy } = known;
  const dialect = { delimiter: ",", newline: "\n" } as const;
  const layout: Layout = {
    kind: "rows",
    encoding: "utf-8",
    dialect,
    output: ",",
    lineEnd: "\n",
    header,
    column,
    policy,
  };
  return {
    layout,
    source: sheet.source(header === null ? 0 : 1, column),
    mark: false,
    ...described(layout, "xlsx", known, sheet.rows(), sheet.name),
    close: () => sheet.close(),
  };
}

interface Decided {
  readonly header: readonly string[] | null;
  readonly column: number;
  readonly columnShare: number | null;
  readonly policy: CleaningPolicy;
  readonly countryShare: number | null;
}

/** What was asked for, and guesses for the rest. */
function decide(rows: readonly (readonly string[])[], askedHeader: boolean | null, options: InputOptions): Decided {
  const first = rows[0] ?? [];
  const { column: asked, policy } = options;
  const named = asked !== null && first.some((name) => name.trim().toLowerCase() === asked.trim().toLowerCase());
  const header = (askedHeader ?? (named || guessHeader(rows))) ? first : null;
  const width = Math.max(...rows.map((row) => row.length));
  refuseTooWide(width);
  const found = asked === null ? guessColumn(rows, header) : { index: findColumn(asked, header, width), share: null };
  const base = { header, column: found.index, columnShare: found.share };
  if (policy.country !== null) return { ...base, policy, countryShare: null };
  const cells = rows.slice(header === null ? 0 : 1).map((row) => row[found.index] ?? "");
  const { country, share } = guessCountry(cells, policy);
  return { ...base, policy: { ...policy, country }, countryShare: share };
}

function described(layout: Layout, format: FileFormat, known: Decided, total: number | null, sheet: string | null) {
  const { encoding, dialect, header, column, policy } = layout;
  const name = header?.[column] ?? String(column + 1);
  return {
    plan: {
      format,
      encoding,
      delimiter: dialect.delimiter,
      header: header !== null,
      column: { name, guessedShare: known.columnShare },
      country: { country: policy.country, guessedShare: known.countryShare },
      total,
    },
    settings: {
      onering: version,
      metadata: numberingMetadata().version,
      format,
      sheet,
      encoding,
      delimiter: dialect.delimiter,
      header,
      column,
      policy,
    },
  };
}
