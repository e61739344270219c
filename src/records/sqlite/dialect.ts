/** SQLite in a process of its own as Kysely takes it. One connection: each query waits for the one before, within the deadline. */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { withoutNuls } from "../parameters.ts";
import { type SqliteChild, startSqliteChild } from "./child-client.ts";

export interface SqliteOptions {
  readonly file: string;
  readonly readOnly: boolean;
  readonly queryTimeoutMs: number;
}

export function sqliteDialect(options: SqliteOptions): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => createDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** SQLite's `create table` is undone by `rollback` like any other statement; Kysely does not rely on it by itself. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

const noTransaction = /no transaction is active/;

function createDriver({ file, readOnly, queryTimeoutMs }: SqliteOptions): Driver {
  let child: SqliteChild | null = null;
  let last: Promise<void> = Promise.resolve();
  const releases = new WeakMap<DatabaseConnection, () => void>();

  async function current(): Promise<SqliteChild> {
    if (child?.usable) return child;
    // Another connection's lock is waited for within the same deadline.
    child = await startSqliteChild({ file, readOnly, busyMs: Math.ceil(queryTimeoutMs / 2) });
    return child;
  }

  async function run<R>(open: SqliteChild, sql: string, parameters: readonly unknown[]): Promise<QueryResult<R>> {
    const { rows, changes } = await open.run(sql, withoutNuls(parameters), queryTimeoutMs);
    return { rows: rows as R[], ...(changes !== null && { numAffectedRows: BigInt(changes) }) };
  }

  const raw = (connection: DatabaseConnection, sql: string) => connection.executeQuery(CompiledQuery.raw(sql));

  return {
    async init() {},
    async acquireConnection() {
      const before = last;
      let release = () => {};
      last = new Promise((resolve) => {
        release = resolve;
      });
      await before;
      try {
        const open = await current();
        const connection: DatabaseConnection = {
          executeQuery: ({ sql, parameters }) => run(open, sql, parameters),
          // biome-ignore lint/correctness/useYield: an interface to refuse.
          async *streamQuery() {
            throw new Error("records are not streamed: read them page by page, so that no query runs for long");
          },
        };
        releases.set(connection, release);
        return connection;
      } catch (error) {
        release();
        throw error;
      }
    },
    // At once, not at the first write: a read lock that is raised later can meet another writer and fail.
    beginTransaction: async (connection) => void (await raw(connection, readOnly ? "begin" : "begin immediate")),
    commitTransaction: async (connection) => void (await raw(connection, "commit")),
    async rollbackTransaction(connection) {
      // Kysely would throw what this throws, in place of why the transaction failed. After a full disk SQLite has rolled back by itself.
      const failed = await raw(connection, "rollback").then(
        () => false,
        (error: Error) => !noTransaction.test(error.message),
      );
      // Its transaction may be open: the next query gets a new process.
      if (failed) void child?.close();
    },
    async releaseConnection(connection) {
      releases.get(connection)?.();
    },
    async destroy() {
      await last;
      await child?.close();
    },
  };
}
