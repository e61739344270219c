/** Kills a run with SIGKILL half-way, lets the same command go on, and compares what it wrote with a run that was let be. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type { Dice } from "../chaos/dice.ts";

export interface KillsOptions {
  /** Arguments of Node for a run into a folder. */
  readonly command: (folder: string) => readonly string[];
  /** Folder for the runs. */
  readonly dir: string;
  readonly kills: number;
  readonly dice: Dice;
}

export interface Kill {
  /** Share of the clean rows that were written, as bytes, 0 to 1. */
  readonly at: number;
  /** Rows that its journal had; null: it was killed before the first. */
  readonly journaledRows: number | null;
  /** Whether the resumed run wrote the same bytes into the same files, and left nothing else. */
  readonly same: boolean;
}

/** @yields one after another */
export async function* killRuns({ command, dir, kills, dice }: KillsOptions): AsyncGenerator<Kill> {
  const reference = path.join(dir, "reference");
  await finish(command(reference));
  const expected = digestOf(reference);
  const size = statSync(path.join(reference, "clean.csv")).size;
  for (let kill = 0; kill < kills; kill++) {
    const folder = path.join(dir, `killed-${kill}`);
    const at = await killAt(command(folder), path.join(folder, "clean.csv.part"), size, dice.between(5, 95) / 100);
    const journaledRows = journaled(folder);
    await finish(command(folder));
    yield { at, journaledRows, same: digestOf(folder) === expected };
    rmSync(folder, { recursive: true });
  }
}

/** Kills it once so much of the file is written. @returns the share that was */
async function killAt(args: readonly string[], file: string, size: number, share: number): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  const ended = once(child, "exit");
  let bytes = 0;
  const watch = setInterval(() => {
    bytes = statSync(file, { throwIfNoEntry: false })?.size ?? bytes;
    if (bytes >= size * share) child.kill("SIGKILL");
  }, 2);
  const [, signal] = await ended;
  clearInterval(watch);
  if (signal !== "SIGKILL") throw new Error(`the run ended before it was killed at ${share}`);
  return bytes / size;
}

async function finish(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`a run ended with ${code}: ${errors}`);
}

function journaled(folder: string): number | null {
  try {
    return JSON.parse(readFileSync(path.join(folder, "journal.json"), "utf8")).summary.rows;
  } catch {
    return null;
  }
}

/** Of all files of a folder, and their names. */
function digestOf(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) hash.update(`${name}\n`).update(readFileSync(path.join(folder, name)));
  return hash.digest("hex");
}
