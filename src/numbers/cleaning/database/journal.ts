/**
 * What was changed, with the values of before: `undo.ndjson`. A batch's line is on the disk before its transaction changes
 * anything, and says where the run goes on after it; a line `end` says how the transaction ended, and which of the rows it left
 * out, because they were locked or had changed in between: those are tried again. So a run that is killed at any point
 * goes on exactly where it was, and nothing is changed that cannot be restored.
 */
import { type Appender, type Line, lineAt, linesFrom, openAppender } from "./lines.ts";
import type { Cell, Key } from "./ports.ts";

export type Verb = "reject" | "normalise";

/** A row that is to be changed. */
export interface ChangedRow {
  /** Its line in changes.ndjson. */
  readonly line: number;
  readonly key: Key;
  readonly reason: string | null;
  /** By column: what was there. All columns of a row that was removed. */
  readonly before: Readonly<Record<string, Cell>>;
  /** By column: what is there since; null: the row was removed. */
  readonly after: Readonly<Record<string, Cell>> | null;
}

/** What became of the rows of a batch. */
export interface Tally {
  /** Of a batch: counted when it ends. */
  changed: number;
  /** As it should be: nothing to do. */
  already: number;
  /** Somebody wrote another value since it was judged. */
  differs: number;
  /** Deleted since. */
  gone: number;
  /** The database refused the change. */
  refused: number;
}

export interface Begun {
  readonly type: "batch";
  readonly batch: number;
  readonly verb: Verb;
  readonly actions: string;
  /** Of the database; null where it has none. */
  readonly transaction: string | null;
  /** Where in changes.ndjson this verb goes on after it; null: these were rows that had been locked. */
  readonly next: number | null;
  /** Lines of changes.ndjson that were tried again. */
  readonly retried: readonly number[];
  /** Lines whose rows were locked by others. */
  readonly busy: readonly number[];
  readonly tally: Tally;
  /** Empty: there was no transaction, and no `end` follows. */
  readonly rows: readonly ChangedRow[];
  readonly refused?: { readonly key: Key; readonly code: string };
}

type Entry =
  | Begun
  | { readonly type: "end"; readonly batch: number; readonly committed: boolean; readonly dropped?: readonly number[] }
  | { readonly type: "undone"; readonly batch: number; readonly whole: boolean };

export interface Progress {
  /** Where in changes.ndjson it goes on. */
  next: number;
  /** Lines whose rows were locked. */
  readonly busy: Set<number>;
  readonly tally: Tally;
}

export interface Journal {
  readonly batches: number;
  /** Of the first batch; null: nothing was done. */
  readonly actions: string | null;
  progress(verb: Verb): Progress;
  /** A batch whose end was not seen. */
  readonly open: Begun | null;
  /** Committed batches that are not undone, with the rows that were changed, newest first; read from the file one by one. */
  committed(): AsyncGenerator<Begun>;
  readonly anyUndone: boolean;
  nextBatch(): number;
  /** Resolves when it is on the disk. A batch without rows is over at once. */
  begin(batch: Begun): Promise<void>;
  /** Of the open batch. @param dropped rows of it that were not changed, by their place in it */
  end(committed: boolean, dropped?: readonly number[]): Promise<void>;
  undone(batch: number, whole: boolean): Promise<void>;
  close(): Promise<void>;
}

interface Place {
  readonly at: number;
  readonly dropped: readonly number[];
}

export const noTally = (): Tally => ({ changed: 0, already: 0, differs: 0, gone: 0, refused: 0 });

/** A torn last line is cut off: its transaction cannot have been committed. */
export async function openJournal(file: string): Promise<Journal> {
  const states: Record<Verb, Progress> = { reject: start(), normalise: start() };
  const places = new Map<number, Place>();
  let open: Begun | null = null;
  let batches = 0;
  let actions: string | null = null;
  let anyUndone = false;
  let size = 0;
  let begunAt = 0;

  function settle(batch: Begun, at: number, dropped: readonly number[]): void {
    const progress = states[batch.verb];
    if (batch.next !== null) progress.next = batch.next;
    for (const line of batch.retried) progress.busy.delete(line);
    for (const line of batch.busy) progress.busy.add(line);
    for (const name of Object.keys(progress.tally) as (keyof Tally)[]) progress.tally[name] += batch.tally[name];
    progress.tally.changed += batch.rows.length - dropped.length;
    for (const place of dropped) progress.busy.add(batch.rows[place]?.line ?? 0);
    if (batch.rows.length > dropped.length) places.set(batch.batch, { at, dropped });
  }
  function read(entry: Entry, at: number): void {
    if (entry.type === "batch") {
      batches = entry.batch;
      actions ??= entry.actions;
      begunAt = at;
      if (entry.rows.length === 0) settle(entry, at, []);
      else open = entry;
    } else if (entry.type === "end") {
      if (entry.committed && open !== null) settle(open, begunAt, entry.dropped ?? []);
      open = null;
    } else {
      anyUndone = true;
      if (entry.whole) places.delete(entry.batch);
    }
  }
  for await (const line of linesFrom(file)) {
    read(parse(line), line.at);
    size = line.end;
  }
  const appender: Appender = await openAppender(file, size);
  async function append(entry: Entry): Promise<void> {
    const at = appender.size;
    await appender.write(`${JSON.stringify(entry)}\n`);
    read(entry, at);
  }
  return {
    get batches() {
      return batches;
    },
    get actions() {
      return actions;
    },
    get open() {
      return open;
    },
    get anyUndone() {
      return anyUndone;
    },
    progress: (verb) => states[verb],
    async *committed() {
      for (const { at, dropped } of [...places.values()].reverse()) {
        const batch = parse(await lineAt(file, at)) as Begun;
        yield { ...batch, rows: batch.rows.filter((_, place) => !dropped.includes(place)) };
      }
    },
    nextBatch: () => batches + 1,
    async begin(batch) {
      await append(batch);
      if (batch.rows.length > 0) await appender.sync();
    },
    end: (committed, dropped = []) => append({ type: "end", batch: batches, committed, dropped }),
    async undone(batch, whole) {
      await append({ type: "undone", batch, whole });
      await appender.sync();
    },
    close: async () => {
      await appender.sync();
      await appender.close();
    },
  };
}

function start(): Progress {
  return { next: 0, busy: new Set(), tally: noTally() };
}

function parse(line: Line): Entry {
  return JSON.parse(line.text) as Entry;
}
