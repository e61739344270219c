/** The files of a run: `clean.csv`, `rejects.csv` and `summary.json`, whole or not there under these names. */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { CleaningSummary, RowSink } from "../ports.ts";
import { openSeen, type Seen } from "../seen/seen.ts";
import { Tally } from "../summary.ts";
import { outputEncoding } from "../text/encoding.ts";
import { createSafeCells } from "../text/safe-cells.ts";
import { writeWhole } from "../whole-file.ts";
import type { JudgedBatch, Layout } from "./batch.ts";
import { separateDuplicates } from "./duplicates.ts";
import { type Journal, journalName, synchroniseFolder, writeJournal } from "./journal.ts";
import { ListError } from "./list-error.ts";
import { cleanName, rejectsName, resultNames, summaryName } from "./result-names.ts";

const unfinished = (name: string) => `${name}.part`;
const numbersName = "numbers.part";
const tableName = "numbers-table.part";
/** Everything that an unfinished run may leave. */
export const unfinishedNames = [
  ...[unfinished(cleanName), unfinished(rejectsName), unfinished(summaryName), numbersName, tableName],
  ...[journalName, `${journalName}.new`],
];

export interface ListOutput extends RowSink<JudgedBatch, number> {
  summary(): CleaningSummary;
  /** How many rows were done, those of earlier runs included. */
  rows(): number;
  /** Gives the files their names. @param about what `summary.json` says beside the counts */
  finish(about: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

export interface ListOutputOptions {
  readonly folder: string;
  readonly layout: Layout;
  /** Where it goes on, and what every journal of it has. */
  readonly journal: Journal;
  /** Whether the input begins with a byte-order mark: then so do the files. */
  readonly mark: boolean;
  readonly mostInMemory?: number;
  readonly mostResultBytes?: number;
}

/** Opens the files of a run, new or as the journal has them. */
export async function openOutput(options: ListOutputOptions): Promise<ListOutput> {
  const { folder, layout, journal, mark, mostInMemory, mostResultBytes = Number.POSITIVE_INFINITY } = options;
  const inFolder = (name: string) => path.join(folder, name);
  const clean = await AppendedFile.open(inFolder(unfinished(cleanName)), journal.cleanBytes, layout);
  const rejects = await AppendedFile.open(inFolder(unfinished(rejectsName)), journal.rejectsBytes, layout);
  const seen: Seen = openSeen({
    logFile: inFolder(numbersName),
    tableFile: inFolder(tableName),
    count: journal.numbers,
    ...(mostInMemory !== undefined && { mostInMemory }),
  });
  const tally = new Tally(journal.summary);
  if (journal.position === null) await writeHeads(clean, rejects, layout, mark);

  async function flush(): Promise<void> {
    await clean.flush();
    await rejects.flush();
  }

  async function commit(position: number | null, state: Journal["state"]): Promise<void> {
    // Before anything is awaited: what is written meanwhile is behind these lengths.
    const { bytes: cleanBytes } = clean;
    const { bytes: rejectsBytes } = rejects;
    const numbers = seen.flush();
    const summary = tally.summary();
    await Promise.all([clean.synchronise(), rejects.synchronise(), seen.synchronise()]);
    await writeJournal(folder, { ...journal, state, position, cleanBytes, rejectsBytes, numbers, summary });
  }

  return {
    async write(batch) {
      const { cleanLines, rejectLines } = separateDuplicates(batch, seen, tally, layout);
      await clean.append(cleanLines);
      await rejects.append(rejectLines);
      if (clean.bytes + rejects.bytes > mostResultBytes) throw resultsTooLarge(mostResultBytes);
    },
    flush,
    commit: (after) => commit(after, "running"),
    summary: () => tally.summary(),
    rows: () => tally.rows,
    async finish(about) {
      const summary = `${JSON.stringify({ ...about, ...tally.summary() }, null, 2)}\n`;
      await writeWhole(inFolder(unfinished(summaryName)), summary);
      await flush();
      await commit(journal.position, "finishing");
      await nameResults(folder);
    },
    async close() {
      seen.close();
      await Promise.all([clean.close(), rejects.close()]);
    },
  };
}

/** Gives the files of a run that wrote all rows their names, and removes what it no longer needs. May be done again. */
export async function nameResults(folder: string): Promise<void> {
  for (const name of resultNames) {
    await rename(path.join(folder, unfinished(name)), path.join(folder, name)).catch((error) => {
      // It has its name already: the run was ended here before.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    });
  }
  await synchroniseFolder(folder);
  for (const name of unfinishedNames) await rm(path.join(folder, name), { force: true });
  await synchroniseFolder(folder);
}

async function writeHeads(clean: AppendedFile, rejects: AppendedFile, layout: Layout, mark: boolean): Promise<void> {
  const { header, encoding, output, lineEnd } = layout;
  if (mark) for (const file of [clean, rejects]) await file.append(encoding === "utf-8" ? "\xef\xbb\xbf" : "\ufeff");
  if (header === null) return;
  const safe = createSafeCells(output, encoding);
  const line = (names: readonly string[]) => `${names.map((name) => safe.text(name)).join(output)}${lineEnd}`;
  await clean.append(line(header));
  await rejects.append(line([...header, ...freeNames(header, ["reason", "suggestion"])]));
}

/** The names, with a number where the file has such a column already, as rejects that are cleaned again. */
function freeNames(taken: readonly string[], names: readonly string[]): string[] {
  return names.map((name) => {
    let free = name;
    for (let number = 2; taken.includes(free); number++) free = `${name}_${number}`;
    return free;
  });
}

function resultsTooLarge(most: number): ListError {
  return new ListError(
    `the results are larger than ${most} bytes, far more than the list: are there rows with far fewer cells than the header? Correct or split the list`,
  );
}

const bufferBytes = 128 * 1024;
/** UTF-8 of one UTF-16 unit. */
const mostUnitBytes = 3;

/** A file that only grows, for its owner alone. */
class AppendedFile {
  readonly #file: FileHandle;
  readonly #encoding: "latin1" | "utf8";
  /** Written to the file. */
  bytes: number;
  /** The same memory again and again: what a batch leaves behind is collected late. */
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #filled = 0;

  constructor(file: FileHandle, bytes: number, encoding: "latin1" | "utf8") {
    this.#file = file;
    this.bytes = bytes;
    this.#encoding = encoding;
  }

  /** @param bytes how many of an earlier run hold; what is behind them is dropped */
  static async open(name: string, bytes: number, layout: Layout): Promise<AppendedFile> {
    if (bytes === 0) await rm(name, { force: true });
    const file = await open(name, bytes === 0 ? "wx" : "r+", 0o600);
    await file.truncate(bytes);
    return new AppendedFile(file, bytes, outputEncoding(layout.encoding));
  }

  async append(text: string): Promise<void> {
    const unit = this.#encoding === "latin1" ? 1 : mostUnitBytes;
    const most = Math.floor(bufferBytes / unit);
    let from = 0;
    while (from < text.length) {
      let to = Math.min(text.length, from + most);
      // No piece ends between the halves of a character: they would be written as two that are none.
      if (to < text.length && /[\ud800-\udbff]/.test(text[to - 1] ?? "")) to--;
      if (this.#filled + (to - from) * unit > bufferBytes) await this.flush();
      this.#filled += this.#buffer.write(text.slice(from, to), this.#filled, this.#encoding);
      from = to;
    }
  }

  /** Makes durable what was flushed. */
  synchronise(): Promise<void> {
    return this.#file.datasync();
  }

  async flush(): Promise<void> {
    let done = 0;
    while (done < this.#filled) {
      const { bytesWritten } = await this.#file.write(this.#buffer, done, this.#filled - done, this.bytes + done);
      done += bytesWritten;
    }
    this.bytes += this.#filled;
    this.#filled = 0;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
