/** What cleaning a table needs of a database; PostgreSQL and MariaDB/MySQL implement it. Values travel as text, exactly. */

/** Of a column's value: the database's own text form, hexadecimal for binary types; null is NULL. */
export type Cell = string | null;

/** A primary key: one text for each of its columns, in the key's order. */
export type Key = readonly string[];

export interface TableName {
  /** Null: the connection's own (search_path; the database of the address). */
  readonly schema: string | null;
  readonly name: string;
}

/** What a column can hold, as far as an action has to know it. */
export type ColumnKind = "text" | "boolean" | "integer" | "other";

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** The type as the database writes it. */
  readonly type: string;
  readonly nullable: boolean;
  /** Computed by the database: never written. */
  readonly generated: boolean;
  /** Most characters; null: no limit, or none that is known. */
  readonly maxLength: number | null;
}

/** A foreign key of another table that refers to this one. */
export interface Reference {
  readonly table: string;
  readonly constraint: string;
  /** Whether a deletion here changes rows there (CASCADE, SET NULL, SET DEFAULT), which no undo could restore. */
  readonly spreads: boolean;
}

export interface TableInfo {
  readonly table: TableName;
  /** Quoted, with schema: for messages and files. */
  readonly label: string;
  readonly columns: readonly Column[];
  /** Names, in order. */
  readonly key: readonly string[];
  readonly triggers: readonly string[];
  readonly references: readonly Reference[];
  readonly partitioned: boolean;
  /** Columns that begin an index: what can be searched without reading the whole table. */
  readonly indexed: readonly string[];
}

/** A row as it is read for judging, without a lock. */
export interface ReadRow {
  readonly key: Key;
  readonly cells: readonly Cell[];
}

export interface WrittenRow {
  readonly key: Key;
  /** In the order of the columns that are written. */
  readonly cells: readonly Cell[];
}

/** One short transaction. Rows that it locks stay locked until it ends. */
export interface Transaction {
  /** By which its outcome can be asked later; null where the database has no such thing. */
  id(): Promise<string | null>;
  /**
   * Locks rows by key and reads them. Never waits for a lock: rows that somebody else holds are left out, like those that
   * are gone.
   * @param forDelete whether the rows are to be deleted
   * @param table with the same primary key; left out: the session's
   */
  lock(
    keys: readonly Key[],
    columns: readonly string[],
    forDelete: boolean,
    table?: TableInfo,
  ): Promise<readonly ReadRow[]>;
  update(columns: readonly string[], rows: readonly WrittenRow[]): Promise<void>;
  delete(keys: readonly Key[], table?: TableInfo): Promise<void>;
  insert(columns: readonly string[], rows: readonly (readonly Cell[])[], table?: TableInfo): Promise<void>;
}

/** Whether a transaction whose end was not seen was committed. `unknown`: compare its rows. */
export type TransactionOutcome = "committed" | "aborted" | "running" | "unknown";

/** Where to go on reading. */
export interface PageStart {
  readonly after: Key | null;
  readonly limit: number;
}

/** One table of an open connection. */
export interface TableSession {
  readonly info: TableInfo;
  /** Rows in order of the primary key, without locks. */
  page(columns: readonly string[], start: PageStart): Promise<readonly ReadRow[]>;
  /** Rows whose column has one of these texts, at most `limit`. */
  withValue(
    columns: readonly string[],
    column: string,
    values: readonly string[],
    limit: number,
  ): Promise<readonly ReadRow[]>;
  /** Rows from this value of a column on, in order of the column and the key; null: from the least. */
  since(
    columns: readonly string[],
    column: string,
    from: SinceStart | null,
    limit: number,
  ): Promise<readonly ReadRow[]>;
  /** Rows as they are now, without locks. */
  read(keys: readonly Key[], columns: readonly string[]): Promise<readonly ReadRow[]>;
  /** Rows as they are once no transaction of before holds them; used after a crash alone. */
  settled(keys: readonly Key[], columns: readonly string[]): Promise<readonly ReadRow[]>;
  /** Runs `work` between BEGIN and COMMIT; whatever it throws is rolled back and thrown on. */
  transact<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  outcomeOf(transactionId: string): Promise<TransactionOutcome>;
  /** Another table of the same database. @throws {TableError} */
  describe(table: TableName): Promise<TableInfo>;
  close(): Promise<void>;
}

export interface SinceStart {
  readonly value: string;
  readonly key: Key;
}

/** What the operator has to change in the command or in the table. */
export class TableError extends Error {
  override readonly name = "TableError";
}

export type FailureKind =
  /** Locks, deadlocks, statements past their time: later, with fewer rows. */
  | "busy"
  /** The database refuses a row: constraint, trigger. */
  | "refused"
  /** The connection is gone, or anything else. */
  | "broken";

/** A statement that failed. The message has the database's code and never a value of a row. */
export class DatabaseFailure extends Error {
  override readonly name = "DatabaseFailure";
  readonly kind: FailureKind;
  readonly code: string;
  constructor(kind: FailureKind, code: string, message: string) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}
