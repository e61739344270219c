/**
 * Keeps a table clean: looks for new (and changed) rows, and follows what the gateway learns about numbers. What is found is
 * added to changes.ndjson and changed as in any run, with the same journal and the same undo.
 */
import type { JudgeCell } from "../ports.ts";
import { type Actions, columnOf } from "./actions.ts";
import { keyText } from "./change-rows.ts";
import { claim, type RunFiles, readJson, runFiles, writeJson } from "./directory.ts";
import { type Appender, linesFrom, openAppender } from "./lines.ts";
import { inactive, type NumberEvents, spellings } from "./number-events.ts";
import { openTable } from "./open.ts";
import { busyPauseMs, type Pace } from "./pace.ts";
import type { Change, Plan } from "./plan.ts";
import { DatabaseFailure, type ReadRow, type SinceStart, TableError, type TableSession } from "./ports.ts";
import { change, type Limits, movedTable, type Watcher } from "./run.ts";
import { csvRow } from "./scan.ts";

export interface WatchOptions extends Limits {
  readonly url: string;
  readonly folder: string;
  readonly judge: JudgeCell;
  readonly actions: Actions;
  /** Finds changed rows too; null: new rows alone, by an ascending key. */
  readonly updatedColumn: string | null;
  /** Null: rows alone. @param lastEventId where the last watch was */
  events(lastEventId: string | null): NumberEvents | null;
  /** Between two looks, ms. */
  readonly pollMs: number;
  readonly watcher: Watcher;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** Where it was: `watch.json`. */
interface Place {
  readonly rows: SinceStart | null;
  readonly lastEventId: string | null;
}

/**
 * Transactions commit in another order than their keys and times: each look begins where the sixth before it ended, so a row is
 * found that is committed within as many looks.
 */
const looksBack = 6;
const pageRows = 1000;
const mostRemembered = 10_000;
const longestPauseMs = 30_000;

/** Until `signal`. @throws {TableError} */
export async function watch(options: WatchOptions): Promise<void> {
  const { folder, signal, watcher, pace } = options;
  const files = runFiles(folder);
  const release = await claim(folder);
  try {
    const plan = await readJson<Plan>(files.plan);
    if (plan === null) throw new TableError(`${folder} holds no run on a database`);
    const place = await readJson<Place>(files.watch);
    const events = options.events(place?.lastEventId ?? null);
    for (let failures = 0; !signal.aborted; ) {
      try {
        await watchOnce(options, files, plan, events, () => {
          failures = 0;
        });
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof DatabaseFailure)) throw error;
        failures++;
        watcher.note(`${error.message}; connecting again`);
        await pace.sleep(Math.min(longestPauseMs, busyPauseMs(failures) * 10));
      }
    }
  } finally {
    await release();
  }
}

async function watchOnce(
  options: WatchOptions,
  files: RunFiles,
  plan: Plan,
  events: NumberEvents | null,
  succeeded: () => void,
): Promise<void> {
  const { url, actions, updatedColumn, pollMs, pace, signal } = options;
  const { database, table } = plan.asked;
  const session = await openTable(database, url, table);
  const changes = await openAppender(files.changes, await wholeBytes(files.changes, plan.bytes.changes));
  const rejects = await openAppender(files.rejects, await wholeBytes(files.rejects, plan.bytes.rejects));
  try {
    checkWatch(session, updatedColumn);
    const moved = await movedTable(session, actions);
    const place = await readJson<Place>(files.watch);
    const found = createFindings(session, plan.asked.column, options.judge);
    const starts = [
      place?.rows ?? (updatedColumn === null && plan.after !== null ? { value: "", key: plan.after } : null),
    ];
    let lastEventId = place?.lastEventId ?? null;
    while (!signal.aborted) {
      const end = await newRows(session, plan.asked.column, updatedColumn, starts[0] ?? null, found.row);
      if (end !== null) starts.push(end);
      if (starts.length > looksBack) starts.shift();
      const taken = events?.waiting() ?? null;
      if (taken !== null && events !== null) {
        const dead = await events.confirmed(taken.numbers).catch((error) => {
          if (signal.aborted) return [];
          throw new DatabaseFailure("broken", "gateway", `the gateway did not answer: ${(error as Error).message}`);
        });
        await found.dead(dead);
        lastEventId = taken.lastEventId;
      }
      const { lines, csv } = found.take();
      if (lines !== "") {
        await append(changes, lines);
        await append(rejects, csv);
        await change(session, plan, files, moved, options);
      }
      await writeJson(files.watch, { rows: starts[0] ?? null, lastEventId } satisfies Place);
      events?.done();
      succeeded();
      await pace.sleep(pollMs);
    }
  } finally {
    await Promise.all([changes.close(), rejects.close(), session.close()]);
  }
}

function checkWatch({ info }: TableSession, updatedColumn: string | null): void {
  if (updatedColumn !== null) {
    columnOf(info, updatedColumn);
    if (info.indexed.includes(updatedColumn)) return;
    throw new TableError(`${updatedColumn} begins no index: each look would read the whole table`);
  }
  const [only = ""] = info.key;
  if (info.key.length === 1 && columnOf(info, only).kind === "integer") return;
  throw new TableError(
    `new rows cannot be found by the primary key (${info.key.join(", ")}), which is no single integer: pass --updated-column NAME`,
  );
}

/** @returns where the last row is; null: there was none */
async function newRows(
  session: TableSession,
  column: string,
  updatedColumn: string | null,
  start: SinceStart | null,
  found: (row: ReadRow) => void,
): Promise<SinceStart | null> {
  let from = start;
  for (;;) {
    const rows: readonly ReadRow[] =
      updatedColumn === null
        ? await session.page([column], { after: from?.key ?? null, limit: pageRows })
        : await session.since([column, updatedColumn], updatedColumn, from, pageRows);
    for (const row of rows) found(row);
    const last = rows.at(-1);
    if (last !== undefined) from = { key: last.key, value: last.cells[1] ?? "" };
    if (rows.length < pageRows) return from;
  }
}

/**
 * Collects lines of changes.ndjson. A row that is seen again as it was found is not found again; once it was seen with
 * another value it is: somebody may write the same wrong number a second time.
 */
function createFindings(session: TableSession, column: string, judge: JudgeCell) {
  /** By row, or by dead number and row: the line. */
  const remembered = new Map<string, string>();
  let lines = "";
  let csv = "";
  function add(about: string, change: Change, suggestion: string): void {
    const line = `${JSON.stringify(change)}\n`;
    if (remembered.get(about) === line) return;
    for (const oldest of remembered.keys()) {
      if (remembered.size < mostRemembered) break;
      remembered.delete(oldest);
    }
    remembered.set(about, line);
    lines += line;
    if (change.reason !== null) csv += csvRow([...change.key, change.value, change.reason, suggestion]);
  }
  return {
    row({ key, cells: [value = null] }: ReadRow): void {
      const about = keyText(key);
      const judged = value === null ? null : judge(value);
      const isFine = judged === null || (judged.reason === null && (judged.number === null || judged.number === value));
      if (value === null || judged === null || isFine) {
        remembered.delete(about);
        return;
      }
      const { number, reason, suggestion } = judged;
      add(about, { key, value, reason, number }, suggestion ?? "");
    },
    async dead(numbers: readonly string[]): Promise<void> {
      for (const number of numbers) {
        const texts = spellings(number);
        for (const { key, cells } of await session.withValue([column], column, texts, pageRows)) {
          const [value = null] = cells;
          if (value === null || !texts.includes(value)) continue;
          add(`${number} ${keyText(key)}`, { key, value, reason: inactive, number }, "");
        }
      }
    },
    take() {
      const found = { lines, csv };
      lines = "";
      csv = "";
      return found;
    },
  };
}

async function append(file: Appender, text: string): Promise<void> {
  await file.write(text);
  await file.sync();
}

/** Without a line that a crash tore. */
async function wholeBytes(file: string, from: number): Promise<number> {
  let end = from;
  for await (const line of linesFrom(file, from)) end = line.end;
  return end;
}
