/** The gateway's side of a thread that holds a SQLite connection. */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { RecordsAway } from "../failure.ts";
import type { SqliteFailure, ThreadOpened, ThreadOptions, ThreadReply } from "./protocol.ts";

export interface SqliteThread {
  /**
   * @throws {RecordsAway} past the deadline, or where the thread has ended
   * @throws an error with SQLite's result code in `code`
   */
  run(sql: string, parameters: readonly unknown[], deadlineMs: number): Promise<Rows>;
  /** False once it missed a deadline or ended: take a new one. */
  readonly usable: boolean;
  /** Settles when the thread has ended, for any reason; never rejects. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

export interface Rows {
  readonly rows: Record<string, unknown>[];
  /** Null for statements that yield rows. */
  readonly changes: number | null;
}

/** A thread that has not opened its file or closed it by then is ended. */
const openMs = 10_000;
const closeMs = 5000;

/** `.ts` in the tests, `.js` in dist. */
const script = new URL(`./thread${extname(import.meta.url)}`, import.meta.url);

/** @throws {Error} with `code` where the file cannot be opened */
export async function startSqliteThread(options: ThreadOptions): Promise<SqliteThread> {
  const worker = new Worker(script, { workerData: options, execArgv: [] });
  const pending = new Map<number, { resolve(rows: Rows): void; reject(error: Error): void }>();
  let nextId = 0;
  let usable = true;
  let dead: Error | null = null;
  worker.on("error", (error: Error) => {
    dead = error;
  });
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      usable = false;
      for (const { reject } of pending.values()) reject(new RecordsAway(dead?.message ?? "the SQLite thread ended"));
      pending.clear();
      resolve();
    });
  });
  await opened(worker, ended);
  // Only the gateway's own work keeps the process, not a connection without any.
  worker.unref();
  worker.on("message", (reply: ThreadReply) => {
    const waiting = pending.get(reply.id);
    if (waiting === undefined) return;
    pending.delete(reply.id);
    if ("failure" in reply) waiting.reject(errorOf(reply.failure));
    else waiting.resolve(reply);
  });

  return {
    get usable() {
      return usable;
    },
    ended,
    run(sql, parameters, deadlineMs) {
      if (!usable) return Promise.reject(new RecordsAway("the SQLite thread ended"));
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          pending.delete(id);
          usable = false;
          // Takes effect when the statement that runs has ended: SQLite is not interrupted.
          void worker.terminate();
          reject(new RecordsAway(`SQLite did not answer within ${deadlineMs} ms`));
        }, deadlineMs);
        pending.set(id, {
          resolve: (rows) => {
            clearTimeout(timer);
            resolve(rows);
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        });
        worker.postMessage({ id, sql, parameters, deadlineMs });
      });
    },
    async close() {
      if (usable) worker.postMessage("close");
      usable = false;
      const timer = setTimeout(() => void worker.terminate(), closeMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function opened(worker: Worker, ended: Promise<void>): Promise<void> {
  const first = new Promise<ThreadOpened>((resolve) => worker.once("message", resolve));
  const late = new Promise<null>((resolve) => setTimeout(resolve, openMs, null).unref());
  const answer = await Promise.race([first, ended.then(() => null), late]);
  if (answer?.opened === true) return;
  await worker.terminate();
  if (answer === null) throw new RecordsAway("the SQLite thread did not start");
  throw errorOf(answer.failure);
}

function errorOf({ message, code }: SqliteFailure): Error {
  return Object.assign(new Error(message), code === null ? {} : { code });
}
