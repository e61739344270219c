/** What the gateway and the thread that holds the SQLite connection say to each other. */

export interface ThreadOptions {
  readonly file: string;
  readonly readOnly: boolean;
  /** How long it waits for another connection's lock. */
  readonly busyMs: number;
}

export interface ThreadRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Rows stop being read after this time; a statement that yields none cannot be stopped. */
  readonly deadlineMs: number;
}

export interface SqliteFailure {
  readonly message: string;
  /** `SQLITE_FULL`, `SQLITE_CONSTRAINT_UNIQUE` …; null: not an error of SQLite. */
  readonly code: string | null;
}

export type ThreadReply =
  | { readonly id: number; readonly rows: Record<string, unknown>[]; readonly changes: number | null }
  | { readonly id: number; readonly failure: SqliteFailure };

/** The first message of a thread: whether the file could be opened. */
export type ThreadOpened = { readonly opened: true } | { readonly opened: false; readonly failure: SqliteFailure };

/** More rows than this in one answer are a mistake in the caller: long lists are read page by page. */
export const maxRows = 50_000;
