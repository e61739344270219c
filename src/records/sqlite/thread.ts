/** The worker thread that holds one SQLite connection: its calls block, and calls and checks must not wait for them. */
import { closeSync, openSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { DatabaseSync } from "@photostructure/sqlite";
import { maxRows, type SqliteFailure, type ThreadOptions, type ThreadReply, type ThreadRequest } from "./protocol.ts";

type Database = InstanceType<typeof DatabaseSync>;
type Statement = ReturnType<Database["prepare"]>;

const keptStatements = 200;
/** A look at the clock for each row would cost more than the row. */
const rowsBetweenLooks = 256;

function open({ file, readOnly, busyMs }: ThreadOptions): Database {
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

function failureOf(error: unknown): SqliteFailure {
  const { sqliteCodeName, code } = error as { sqliteCodeName?: string; code?: string };
  const message = error instanceof Error ? error.message : String(error);
  return { message, code: sqliteCodeName ?? (code?.startsWith("E") && code !== "ERR_SQLITE_ERROR" ? code : null) };
}

function serve(database: Database, post: (reply: ThreadReply) => void): (request: ThreadRequest) => void {
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

  function run({ id, sql, parameters, deadlineMs }: ThreadRequest): ThreadReply {
    const statement = prepare(sql);
    // SQLite has no booleans.
    const values = parameters.map((value) => (typeof value === "boolean" ? Number(value) : (value ?? null))) as never[];
    if (statement.columns().length === 0) return { id, rows: [], changes: Number(statement.run(...values).changes) };
    const giveUpAtMs = performance.now() + deadlineMs;
    const rows: Record<string, unknown>[] = [];
    for (const row of statement.iterate(...values)) {
      rows.push(row as Record<string, unknown>);
      if (rows.length > maxRows) throw new Error(`more than ${maxRows} rows in one answer; read them page by page`);
      if (rows.length % rowsBetweenLooks === 0 && performance.now() > giveUpAtMs) {
        throw Object.assign(new Error(`not done within ${deadlineMs} ms`), { sqliteCodeName: "SQLITE_INTERRUPT" });
      }
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

const port = parentPort;
if (port !== null) {
  try {
    const database = open(workerData as ThreadOptions);
    const receive = serve(database, (reply) => port.postMessage(reply));
    port.on("message", (message: ThreadRequest | "close") => {
      if (message !== "close") return receive(message);
      database.close();
      port.close();
    });
    port.postMessage({ opened: true });
  } catch (error) {
    port.postMessage({ opened: false, failure: failureOf(error) });
  }
}
