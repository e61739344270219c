/**
 * Reads a table in order of its primary key, without locks, judges each number, and writes what could be changed. Goes on
 * from its last checkpoint.
 */
import { readFile } from "node:fs/promises";
import { csvText } from "../../../shared/spreadsheet.ts";
import type { JudgeCell } from "../ports.ts";
import { MemoryTable } from "../seen/memory-table.ts";
import { type RunFiles, readJson, writeJson } from "./directory.ts";
import { openAppender } from "./lines.ts";
import { type Asked, type Change, type Counts, duplicate, emptyCounts, type Plan, sameAsked } from "./plan.ts";
import { type ReadRow, TableError, type TableSession } from "./ports.ts";

export interface ScanOptions {
  readonly session: TableSession;
  readonly files: RunFiles;
  readonly asked: Asked;
  readonly judge: JudgeCell;
  /** Whether a reading that is complete is done again. */
  readonly anew: boolean;
  /** After each page. */
  progress(rows: number): void;
  readonly signal: AbortSignal;
}

const pageRows = 5000;
/** A crash of the machine repeats as many pages; one of the process alone none. */
const pagesPerCheckpoint = 10;

/** @throws {TableError} where the folder is another run's; {AbortError} after a checkpoint, when `signal` says so */
export async function scan({ session, files, asked, judge, anew, progress, signal }: ScanOptions): Promise<Plan> {
  const found = await readJson<Plan>(files.plan);
  if (found !== null && !sameAsked(found.asked, asked)) {
    throw new TableError(`${files.folder} holds a run with other options or of another table; use another folder`);
  }
  if (found?.complete && !anew) return found;
  const { counts, bytes, after } = found?.complete === false ? found : atStart();
  const seen = await readSeen(files.seen, bytes.seen);
  const changes = await openAppender(files.changes, bytes.changes);
  const rejects = await openAppender(files.rejects, bytes.rejects);
  const numbers = await openAppender(files.seen, bytes.seen);
  let last = after;
  async function checkpoint(complete: boolean): Promise<Plan> {
    await Promise.all([changes.sync(), rejects.sync(), numbers.sync()]);
    const sizes = { changes: changes.size, rejects: rejects.size, seen: numbers.size };
    const plan: Plan = { asked, complete, after: last, bytes: sizes, counts };
    await writeJson(files.plan, plan);
    return plan;
  }
  try {
    if (rejects.size === 0) await rejects.write(csvRow([...asked.key, asked.column, "reason", "suggestion"]));
    for (let pages = 1; ; pages++) {
      const rows = await session.page([asked.column], { after: last, limit: pageRows });
      const written = judgePage(rows, { judge, counts, seen });
      await Promise.all([
        changes.write(written.changes),
        rejects.write(written.rejects),
        numbers.write(written.numbers),
      ]);
      last = rows.at(-1)?.key ?? last;
      progress(counts.rows);
      if (rows.length < pageRows) return await checkpoint(true);
      if (signal.aborted || pages % pagesPerCheckpoint === 0) await checkpoint(false);
      signal.throwIfAborted();
    }
  } finally {
    await Promise.all([changes.close(), rejects.close(), numbers.close()]);
  }
}

function atStart() {
  return { counts: emptyCounts(), bytes: { changes: 0, rejects: 0, seen: 0 }, after: null };
}

interface PageParts extends Pick<ScanOptions, "judge"> {
  readonly counts: Counts;
  readonly seen: MemoryTable;
}

function judgePage(rows: readonly ReadRow[], { judge, counts, seen }: PageParts) {
  let changes = "";
  let rejects = "";
  const numbers: number[] = [];
  for (const { key, cells } of rows) {
    const [value = null] = cells;
    counts.rows++;
    if (value === null) {
      counts.nulls++;
      continue;
    }
    const { number, reason: refused, suggestion, type, country } = judge(value);
    // A number in E.164 has at most 15 digits, so a double holds it exactly.
    const digits = refused === null && number !== null ? Number(number.slice(1)) : null;
    const isNew = digits === null || seen.add(digits);
    if (digits !== null && isNew) numbers.push(digits);
    const reason = refused ?? (isNew ? null : duplicate);
    if (reason === null) {
      counts.clean++;
      bump(counts.countries, country ?? "unknown");
      bump(counts.types, type);
    } else {
      bump(counts.reasons, reason);
      rejects += csvRow([...key, value, reason, suggestion ?? ""]);
    }
    const notCanonical = refused === null && number !== null && number !== value;
    if (notCanonical) counts.notCanonical++;
    if (reason === null && !notCanonical) continue;
    changes += `${JSON.stringify({ key, value, reason, number } satisfies Change)}\n`;
  }
  return { changes, rejects, numbers: Buffer.from(Float64Array.from(numbers).buffer) };
}

/** A row of rejects.csv. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvText).join(",")}\r\n`;
}

function bump(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

async function readSeen(file: string, bytes: number): Promise<MemoryTable> {
  const seen = new MemoryTable();
  if (bytes === 0) return seen;
  const content = await readFile(file);
  for (let at = 0; at < bytes; at += 8) seen.add(content.readDoubleLE(at));
  return seen;
}
