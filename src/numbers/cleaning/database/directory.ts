/** The folder of a run: its files are for their owner alone, for they hold numbers of people. */
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { LockHeldError, takeLock } from "../lock-file.ts";
import { writeWhole } from "../whole-file.ts";
import { TableError } from "./ports.ts";

export interface RunFiles {
  readonly folder: string;
  /** What was asked, and how far the reading is. */
  readonly plan: string;
  /** One line for each row that is refused, repeated, or not in E.164. */
  readonly changes: string;
  readonly rejects: string;
  /** Numbers that were seen, 8 bytes each: for duplicates after a restart. */
  readonly seen: string;
  /** What was changed, with the values of before: written before each commit. */
  readonly journal: string;
  readonly undoReport: string;
  readonly watch: string;
  readonly summary: string;
}

export const ownerOnly = 0o600;

export function runFiles(folder: string): RunFiles {
  const at = (name: string) => path.join(folder, name);
  return {
    folder,
    plan: at("plan.json"),
    changes: at("changes.ndjson"),
    rejects: at("rejects.csv"),
    seen: at("seen.bin"),
    journal: at("undo.ndjson"),
    undoReport: at("undo-report.ndjson"),
    watch: at("watch.json"),
    summary: at("summary.json"),
  };
}

/**
 * Makes the folder and keeps other runs out of it.
 * @returns ends the run's claim
 * @throws {TableError} where another process works in it
 */
export async function claim(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return takeLock(path.join(folder, "run.pid")).catch((error) => {
    if (!(error instanceof LockHeldError)) throw error;
    throw new TableError(`another run works in ${folder}: ${error.message}`);
  });
}

/** Whole or not at all, also after a crash. */
export function writeJson(file: string, content: unknown): Promise<void> {
  return writeWhole(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** @returns null where there is none */
export async function readJson<T>(file: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
