/**
 * Changes the judged rows in short transactions of adapted size. Each reads its rows, puts what is there on the disk for undo,
 * and only then locks those that still are so, without waiting for anyone, changes them and commits. So the disk is not waited
 * for under locks.
 */
import type { Actions } from "./actions.ts";
import { describeActions } from "./actions.ts";
import { type BatchSize, pauseMs } from "./batch-size.ts";
import { byKey, type Changer, createChanger, isAs, keyText } from "./change-rows.ts";
import type { HoldTimes } from "./hold-times.ts";
import { type Begun, type ChangedRow, type Journal, noTally, type Verb } from "./journal.ts";
import { lineAt, linesFrom } from "./lines.ts";
import { busyPauseMs, type Pace } from "./pace.ts";
import type { Change } from "./plan.ts";
import { DatabaseFailure, TableError, type TableInfo, type TableSession } from "./ports.ts";

export interface ApplyOptions {
  readonly session: TableSession;
  readonly column: string;
  readonly actions: Actions;
  /** The table of `move=`. */
  readonly moved: TableInfo | null;
  /** changes.ndjson */
  readonly changes: string;
  readonly journal: Journal;
  readonly size: BatchSize;
  readonly holds: HoldTimes;
  readonly rowsPerSecond: number | null;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** After each transaction, with the rows that it took. */
  progress(rows: number): void;
}

/** A change and its line in changes.ndjson. */
interface Located {
  readonly change: Change;
  readonly at: number;
  readonly end: number;
}

const verbs: readonly Verb[] = ["reject", "normalise"];
/** So many rows that others hold are tried again before more are read. */
const mostBusy = 2000;
const busyRounds = 8;
/** Until a single row counts as held by somebody else. */
const busyAttempts = 5;

/** @throws {TableError}, {DatabaseFailure} `broken`, {AbortError}: a further run goes on from there */
export async function apply(options: ApplyOptions): Promise<void> {
  for (const verb of verbs) {
    const { session, column, actions, moved } = options;
    const changer = createChanger(verb, { info: session.info, column, actions, moved });
    if (changer !== null) await applyVerb(verb, changer, options);
  }
}

async function applyVerb(verb: Verb, changer: Changer, options: ApplyOptions): Promise<void> {
  const { journal, changes, size, pace, signal } = options;
  const progress = journal.progress(verb);
  const runBatch = createBatches(verb, changer, options);
  let waiting: Located[] = [];
  const flush = async () => {
    const slice = waiting;
    waiting = [];
    await runBatch(slice, false);
    if (progress.busy.size > mostBusy && !(await retryBusy(mostBusy / 2))) {
      throw new TableError(`more than ${mostBusy / 2} rows are locked by other transactions; run again later`);
    }
  };
  /** @returns whether at most `left` are still held by others */
  async function retryBusy(left: number): Promise<boolean> {
    for (let round = 0; round < busyRounds && progress.busy.size > left; round++) {
      if (round > 0) await pace.sleep(busyPauseMs(round));
      signal.throwIfAborted();
      const lines = [...progress.busy];
      for (let from = 0; from < lines.length; from += size.rows) {
        const located = await Promise.all(lines.slice(from, from + size.rows).map((at) => readChange(changes, at)));
        await runBatch(located, true);
      }
    }
    return progress.busy.size <= left;
  }

  for await (const { text, at, end } of linesFrom(changes, progress.next)) {
    const change = JSON.parse(text) as Change;
    if (!changer.wants(change)) continue;
    waiting.push({ change, at, end });
    if (waiting.length >= size.rows) await flush();
  }
  await flush();
  await retryBusy(0);
}

async function readChange(file: string, at: number): Promise<Located> {
  const line = await lineAt(file, at);
  return { change: JSON.parse(line.text) as Change, at, end: line.end };
}

function createBatches(verb: Verb, changer: Changer, options: ApplyOptions) {
  const { session, journal, size, holds, pace, signal, rowsPerSecond, progress } = options;
  const actions = describeActions(options.actions);

  function lineOf(slice: readonly Located[], retry: boolean) {
    const next = retry ? null : (slice.at(-1)?.end ?? null);
    const retried = retry ? slice.map(({ at }) => at) : [];
    const base = { type: "batch", batch: journal.nextBatch(), verb, actions, transaction: null } as const;
    return { ...base, next, retried, busy: [] };
  }

  async function attempt(slice: readonly Located[], retry: boolean): Promise<void> {
    const startedMs = pace.now();
    let batch: Begun = { ...lineOf(slice, retry), tally: noTally(), rows: [] };
    let dropped: readonly number[] = [];
    let heldMs = 0;
    try {
      await session.transact(async (transaction) => {
        const id = await transaction.id();
        batch = { ...batch, transaction: id, ...(await decide(slice)) };
        const { rows } = batch;
        if (rows.length === 0) return;
        await journal.begin(batch);
        const lockedMs = pace.now();
        const keys = rows.map(({ key }) => key);
        const locked = byKey(await transaction.lock(keys, changer.columns, changer.removes));
        const isSame = ({ key, before }: ChangedRow) => isAs(locked.get(keyText(key)), changer.compared, before);
        const same = rows.filter(isSame);
        dropped = rows.flatMap((row, at) => (isSame(row) ? [] : [at]));
        if (same.length > 0) await changer.perform(transaction, same);
        heldMs = lockedMs;
      });
      if (heldMs > 0) heldMs = pace.now() - heldMs;
    } catch (error) {
      // Broken: whether it was committed is found out by the next run.
      const isKnown = error instanceof DatabaseFailure && error.kind !== "broken";
      if (isKnown && journal.open !== null) await journal.end(false);
      throw error;
    }
    await (batch.rows.length === 0 ? journal.begin(batch) : journal.end(true, dropped));
    if (batch.rows.length > 0) {
      holds.add(heldMs);
      size.held(heldMs, slice.length);
    }
    progress(slice.length);
    await pace.sleep(pauseMs(pace.now() - startedMs, slice.length, rowsPerSecond));
  }

  /** By the rows as they are, without locks: under the lock it is made sure that they still are so. */
  async function decide(slice: readonly Located[]): Promise<Pick<Begun, "tally" | "rows">> {
    const now = byKey(
      await session.read(
        slice.map(({ change }) => change.key),
        changer.columns,
      ),
    );
    const tally = noTally();
    const rows: ChangedRow[] = [];
    for (const { change, at } of slice) {
      const row = now.get(keyText(change.key));
      const decided = row === undefined ? "gone" : changer.decide(change, row);
      if (typeof decided === "string") tally[decided]++;
      else rows.push({ ...decided, line: at });
    }
    return { tally, rows };
  }

  async function run(slice: readonly Located[], retry: boolean, attempts = 0): Promise<void> {
    if (slice.length === 0) return;
    signal.throwIfAborted();
    const [first] = slice;
    try {
      return await attempt(slice, retry);
    } catch (error) {
      if (!(error instanceof DatabaseFailure) || error.kind === "broken" || first === undefined) throw error;
      if (error.kind === "busy") {
        size.collided();
        await pace.sleep(busyPauseMs(attempts));
      }
      if (slice.length === 1) {
        if (error.kind === "refused") return await refused(first, retry, error.code);
        if (attempts >= busyAttempts) return await held(first, retry);
        return await run(slice, retry, attempts + 1);
      }
      const half = Math.ceil(slice.length / 2);
      await run(slice.slice(0, half), retry, attempts);
      await run(slice.slice(half), retry, attempts);
    }
  }
  async function refused(one: Located, retry: boolean, code: string): Promise<void> {
    const tally = { ...noTally(), refused: 1 };
    await journal.begin({ ...lineOf([one], retry), tally, rows: [], refused: { key: one.change.key, code } });
    progress(1);
  }
  const held = (one: Located, retry: boolean) =>
    journal.begin({ ...lineOf([one], retry), busy: [one.at], tally: noTally(), rows: [] });
  return (slice: readonly Located[], retry: boolean) => run(slice, retry);
}
