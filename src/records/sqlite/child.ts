/**
 * A process that holds one SQLite connection. SQLite's calls block, and calls and checks must not wait for them. A process and
 * not a thread: one that is in a long statement can be ended, which takes the whole gateway along where it is a thread.
 */
import { closeSync, openSync } from "node:fs";
import type * as sqlite from "@photostructure/sqlite";
import { type ChildOptions, type ChildReply, type ChildRequest, maxRows, type SqliteFailure } from "./protocol.ts";

type DatabaseSync = typeof sqlite.DatabaseSync;
type Database = InstanceType<DatabaseSync>;
type Statement = ReturnType<Database["prepare"]>;

const keptStatements = 200;

async function open({ file, readOnly, busyMs }: ChildOptions): Promise<Database> {
  const { DatabaseSync } = await load();
  // Numbers of people are in it: only the gateway's user reads it. SQLite gives its -wal and -shm the same mode.
  if (!readOnly) closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file, { readOnly, timeout: busyMs });
  if (!readOnly) {
    // Readers go on while rows are written.
    database.exec("pragma journal_mode = wal");
    // An event is forgotten by Redis once it is in here, so it must be on the disk.
    database.exec("pragma synchronous = full");
    database.exec("pragma foreign_keys = on");
  }
  return database;
}

/** An optional package: npm leaves it out where it has no binary for the machine. */
async function load(): Promise<typeof sqlite> {
  try {
    return await import("@photostructure/sqlite");
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    const message = `SQLite cannot be loaded on this machine (${why}); install by npm ci, or set records.url to PostgreSQL`;
    throw Object.assign(new Error(message), { sqliteCodeName: "SQLITE_CANTOPEN" });
  }
}

function failureOf(error: unknown): SqliteFailure {
  const { sqliteCodeName, code } = error as { sqliteCodeName?: string; code?: string };
  const message = error instanceof Error ? error.message : String(error);
  return { message, code: sqliteCodeName ?? (code?.startsWith("E") && code !== "ERR_SQLITE_ERROR" ? code : null) };
}

function serve(database: Database, post: (reply: ChildReply) => void): (request: ChildRequest) => void {
  const statements = new Map<string, Statement>();

  function prepare(sql: string): Statement {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    const [oldest] = statements.keys();
    if (statements.size >= keptStatements && oldest !== undefined) statements.delete(oldest);
    statements.set(sql, statement);
    return statement;
  }

  function run({ id, sql, parameters }: ChildRequest): ChildReply {
    const statement = prepare(sql);
    // SQLite has no booleans.
    const values = parameters.map((value) => (typeof value === "boolean" ? Number(value) : (value ?? null))) as never[];
    if (statement.columns().length === 0) return { id, rows: [], changes: Number(statement.run(...values).changes) };
    const rows: Record<string, unknown>[] = [];
    for (const row of statement.iterate(...values)) {
      rows.push(row as Record<string, unknown>);
      if (rows.length > maxRows) throw new Error(`more than ${maxRows} rows in one answer; read them page by page`);
    }
    return { id, rows, changes: null };
  }

  return (request) => {
    try {
      post(run(request));
    } catch (error) {
      post({ id: request.id, failure: failureOf(error) });
    }
  };
}

async function main(options: ChildOptions): Promise<void> {
  const post = (message: unknown) => process.send?.(message);
  try {
    const database = await open(options);
    const receive = serve(database, post);
    process.on("message", (message: ChildRequest | "close") => {
      if (message !== "close") return receive(message);
      database.close();
      process.disconnect?.();
    });
    post({ opened: true });
  } catch (error) {
    post({ opened: false, failure: failureOf(error) });
  }
}

// A terminal and systemd send these to every process; the gateway still has events to write, and ends this one itself.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
// The gateway has ended, however.
process.on("disconnect", () => process.exit());
process.once("message", (options: ChildOptions) => void main(options));
