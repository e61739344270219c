/** How far a run is: written anew, synchronised and renamed, so that it is whole whenever the process or the machine dies. */
import { open, readFile } from "node:fs/promises";
import path from "node:path";
import type { CleaningPolicy, CleaningSummary } from "../ports.ts";
import type { TextEncodingName } from "../text/encoding.ts";
import type { Delimiter } from "../text/rows.ts";
import { writeWhole } from "../whole-file.ts";
import type { FileFormat } from "./formats.ts";
import type { InputPrint } from "./input-print.ts";

/** Plain data; what is written depends on it and the input alone. */
export interface RunSettings {
  readonly onering: string;
  /** Version of the numbering plans. */
  readonly metadata: string;
  readonly format: FileFormat;
  readonly sheet: string | null;
  readonly encoding: TextEncodingName;
  readonly delimiter: Delimiter;
  readonly header: readonly string[] | null;
  readonly column: number;
  readonly policy: CleaningPolicy;
}

export interface Journal {
  readonly version: 1;
  /** `finishing`: all rows were written, and the files get their names. */
  readonly state: "running" | "finishing";
  readonly input: InputPrint;
  /** The run goes on with the same only. */
  readonly settings: RunSettings;
  /** Where the source goes on; null: at its beginning. */
  readonly position: number | null;
  /** Bytes that hold, of each file. */
  readonly cleanBytes: number;
  readonly rejectsBytes: number;
  /** Numbers that hold, of the log. */
  readonly numbers: number;
  readonly summary: CleaningSummary;
}

export const journalName = "journal.json";

/** @returns null where there is none @throws {Error} where it cannot be read */
export async function readJournal(folder: string): Promise<Journal | null> {
  const file = path.join(folder, journalName);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const journal = JSON.parse(text) as Journal;
    if (journal.version === 1) return journal;
  } catch {
    // Said below.
  }
  throw new Error(`${file} is no journal of this version of OneRing; begin anew with --restart`);
}

export async function writeJournal(folder: string, journal: Journal): Promise<void> {
  await writeWhole(path.join(folder, journalName), JSON.stringify(journal));
  await synchroniseFolder(folder);
}

/** A rename is durable once its folder is. */
export async function synchroniseFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
