/** What the gateway and the process that holds the SQLite connection say to each other. */

export interface ChildOptions {
  readonly file: string;
  readonly readOnly: boolean;
  /** How long it waits for another connection's lock. */
  readonly busyMs: number;
}

export interface ChildRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface SqliteFailure {
  readonly message: string;
  /** `SQLITE_FULL`, `SQLITE_CONSTRAINT_UNIQUE` …; null: not an error of SQLite. */
  readonly code: string | null;
}

export type ChildReply =
  | { readonly id: number; readonly rows: Record<string, unknown>[]; readonly changes: number | null }
  | { readonly id: number; readonly failure: SqliteFailure };

/** Its first message: whether the file could be opened. */
export type ChildOpened = { readonly opened: true } | { readonly opened: false; readonly failure: SqliteFailure };

/** More rows than this in one answer are a mistake in the caller: long lists are read page by page. */
export const maxRows = 50_000;
