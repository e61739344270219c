/** A whole run on a table: read and judge, then change or put back. */
import type { JudgeCell } from "../ports.ts";
import { type Actions, checkActions, columnOf, describeActions, notesOn, readActions } from "./actions.ts";
import { apply } from "./apply.ts";
import { createBatchSize } from "./batch-size.ts";
import { claim, type RunFiles, readJson, runFiles, writeJson } from "./directory.ts";
import { createHoldTimes } from "./hold-times.ts";
import { type Journal, openJournal } from "./journal.ts";
import { openAppender } from "./lines.ts";
import { openTable } from "./open.ts";
import { createPace } from "./pace.ts";
import type { Asked, Plan } from "./plan.ts";
import { TableError, type TableInfo, type TableName, type TableSession } from "./ports.ts";
import { reconcile } from "./reconcile.ts";
import { scan } from "./scan.ts";
import { type DatabaseSummary, type LockSummary, lockSummary, summarise } from "./summary.ts";
import { type Undone, undo } from "./undo.ts";

export interface Limits {
  readonly rowsPerSecond: number | null;
  /** Most rows of a transaction. */
  readonly batchRows: number;
}

export interface Watcher {
  /** A line for people. */
  note(text: string): void;
  /** How far it is. @param total null: not known */
  progress(what: "read" | "changed" | "restored", rows: number, total: number | null): void;
}

export interface CleanOptions extends Limits {
  readonly database: Asked["database"];
  readonly url: string;
  readonly table: TableName;
  readonly column: string;
  readonly folder: string;
  readonly judge: JudgeCell;
  /** How numbers are judged, as text: a run goes on with the same alone. */
  readonly judging: string;
  /** Null: a dry run. */
  readonly actions: Actions | null;
  readonly watcher: Watcher;
  readonly signal: AbortSignal;
}

/** An open run on a table; `watch` goes on in it. */
export interface Run {
  readonly session: TableSession;
  readonly files: RunFiles;
  readonly plan: Plan;
  readonly summary: DatabaseSummary;
}

/**
 * Reads and judges the table, then changes it where actions are given.
 * @param onwards called before all is closed
 * @throws {TableError}, {DatabaseFailure}, {AbortError}; a further run with the same options goes on from there
 */
export async function clean(options: CleanOptions, onwards?: (run: Run) => Promise<void>): Promise<DatabaseSummary> {
  const { database, url, table, column, folder, judging, actions, watcher, signal } = options;
  const files = runFiles(folder);
  const release = await claim(folder);
  const session = await openTable(database, url, table).catch(async (error) => {
    await release();
    throw error;
  });
  try {
    const { info } = session;
    columnOf(info, column);
    const moved = await movedTable(session, actions);
    if (actions !== null) checkActions(info, column, actions, moved);
    for (const note of notesOn(info)) watcher.note(note);
    const asked: Asked = { database, table: info.table, column, key: info.key, judging };
    const plan = await scan({
      ...{ session, files, asked, judge: options.judge, signal },
      anew: actions === null && (await isUntouched(files)),
      progress: (rows) => watcher.progress("read", rows, null),
    });
    const summary = await (actions === null
      ? dryRun(info, plan, files)
      : change(session, plan, files, moved, { ...options, actions }));
    await writeJson(files.summary, summary);
    await onwards?.({ session, files, plan, summary });
    return summary;
  } finally {
    await session.close();
    await release();
  }
}

/** Whether nothing was changed yet by what was read. */
async function isUntouched(files: RunFiles): Promise<boolean> {
  const journal = await openJournal(files.journal);
  await journal.close();
  return journal.batches === 0;
}

export async function movedTable(session: TableSession, actions: Actions | null): Promise<TableInfo | null> {
  return actions?.reject?.kind === "move" ? await session.describe(actions.reject.table) : null;
}

async function dryRun(info: TableInfo, plan: Plan, files: RunFiles): Promise<DatabaseSummary> {
  const journal = await openJournal(files.journal);
  await journal.close();
  return summarise(info.label, plan, journal, createHoldTimes());
}

/** Also for what `watch` adds to changes.ndjson. */
export async function change(
  session: TableSession,
  plan: Plan,
  files: RunFiles,
  moved: TableInfo | null,
  options: Limits & { readonly actions: Actions; readonly watcher: Watcher; readonly signal: AbortSignal },
): Promise<DatabaseSummary> {
  const { actions, watcher, signal, rowsPerSecond, batchRows } = options;
  const journal = await openJournal(files.journal);
  const holds = createHoldTimes();
  const pace = createPace(signal);
  try {
    checkJournal(journal, actions, files.folder);
    await reconcile(session, journal, pace);
    let rows = 0;
    await apply({
      ...{
        session,
        column: plan.asked.column,
        actions,
        moved,
        changes: files.changes,
        journal,
        rowsPerSecond,
        pace,
        signal,
        holds,
      },
      size: createBatchSize(batchRows),
      progress(more) {
        rows += more;
        watcher.progress("changed", rows, null);
      },
    });
    return summarise(session.info.label, plan, journal, holds);
  } finally {
    await journal.close();
  }
}

function checkJournal(journal: Journal, actions: Actions, folder: string): void {
  if (journal.anyUndone) throw new TableError(`${folder} was undone; begin again in another folder`);
  const asked = describeActions(actions);
  if (journal.actions !== null && journal.actions !== asked) {
    throw new TableError(
      `${folder} holds a run with --apply ${journal.actions}; go on with that, or use another folder`,
    );
  }
}

export interface UndoneSummary extends Undone {
  readonly locks: LockSummary;
}

/**
 * Restores what a run changed. Rows that it could not restore are in undo-report.ndjson.
 * @throws {TableError}, {DatabaseFailure}, {AbortError}; a further call goes on from there
 */
export async function undoRun(
  options: Limits & Pick<CleanOptions, "url" | "folder" | "watcher" | "signal">,
): Promise<UndoneSummary> {
  const { url, folder, watcher, signal, rowsPerSecond, batchRows } = options;
  const files = runFiles(folder);
  const plan = await readJson<Plan>(files.plan);
  if (plan === null) throw new TableError(`${folder} holds no run on a database`);
  const release = await claim(folder);
  const journal = await openJournal(files.journal);
  const report = await openAppender(files.undoReport, 0);
  const pace = createPace(signal);
  const holds = createHoldTimes();
  try {
    if (journal.actions === null) throw new TableError(`nothing was changed by the run in ${folder}`);
    const session = await openTable(plan.asked.database, url, plan.asked.table);
    try {
      await reconcile(session, journal, pace);
      const moved = await movedTable(session, actionsOf(journal.actions));
      let rows = 0;
      const undone = await undo({
        ...{ session, moved, journal, holds, rowsPerSecond, pace, signal },
        size: createBatchSize(batchRows),
        report: (key, why, code) => report.write(`${JSON.stringify({ key, why, code })}\n`),
        progress(more) {
          rows += more;
          watcher.progress("restored", rows, null);
        },
      });
      return { ...undone, locks: lockSummary(holds) };
    } finally {
      await session.close();
    }
  } finally {
    await report.close();
    await journal.close();
    await release();
  }
}

/** Of the text that `describeActions` made. */
function actionsOf(text: string): Actions {
  const [actions = ""] = text.split(" --duplicates");
  return readActions(actions, actions !== text);
}
