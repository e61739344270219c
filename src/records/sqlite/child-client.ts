/** The gateway's side of the process that holds a SQLite connection. */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../../shared/child-environment.ts";
import { systemClock } from "../../shared/clock.ts";
import { RecordsAway } from "../failure.ts";
import type { ChildOpened, ChildOptions, ChildReply, SqliteFailure } from "./protocol.ts";

export interface SqliteChild {
  /**
   * Past the deadline the process is ended, and SQLite undoes the transaction that was open.
   * @throws {RecordsAway} past the deadline, or where the process has ended
   * @throws an error with SQLite's result code in `code`
   */
  run(sql: string, parameters: readonly unknown[], deadlineMs: number): Promise<Rows>;
  /** False once it missed a deadline or ended: start a new one. */
  readonly usable: boolean;
  close(): Promise<void>;
}

export interface Rows {
  readonly rows: Record<string, unknown>[];
  /** Null for statements that yield rows. */
  readonly changes: number | null;
}

/** One that has not opened its file or closed it by then is ended. */
const openMs = 10_000;
const closeMs = 5000;

/** `.ts` in the tests, `.js` in dist. */
const script = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url));

/** @throws {Error} with `code` where the file cannot be opened */
export async function startSqliteChild(options: ChildOptions): Promise<SqliteChild> {
  const child = fork(script, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: [],
    env: childEnvironment(),
  });
  const pending = new Map<number, { resolve(rows: Rows): void; reject(error: Error): void }>();
  let nextId = 0;
  let usable = true;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      usable = false;
      for (const { reject } of pending.values()) reject(new RecordsAway("the SQLite process ended"));
      pending.clear();
      resolve();
    };
    child.once("exit", end);
    // Also of a message that could not be sent.
    child.on("error", end);
  });
  child.send(options);
  await opened(child, ended);
  // It ends with the gateway, and does not keep it.
  child.unref();
  child.channel?.unref();
  child.on("message", (reply: ChildReply) => {
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
    run(sql, parameters, deadlineMs) {
      if (!usable) return Promise.reject(new RecordsAway("the SQLite process ended"));
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const stopDeadline = systemClock.after(deadlineMs, () => {
          pending.delete(id);
          usable = false;
          child.kill("SIGKILL");
          const late = new RecordsAway(`SQLITE_INTERRUPT no answer within ${deadlineMs} ms`);
          // A new one must not meet its lock.
          void ended.then(() => reject(late));
        });
        pending.set(id, {
          resolve: (rows) => {
            stopDeadline();
            resolve(rows);
          },
          reject: (error) => {
            stopDeadline();
            reject(error);
          },
        });
        child.send({ id, sql, parameters });
      });
    },
    async close() {
      if (usable) child.send("close");
      usable = false;
      const timer = setTimeout(() => child.kill("SIGKILL"), closeMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function opened(child: ChildProcess, ended: Promise<void>): Promise<void> {
  const first = new Promise<ChildOpened>((resolve) => child.once("message", resolve));
  const { promise: late, stop } = after(openMs);
  const answer = await Promise.race([first, ended.then(() => null), late]);
  stop();
  if (answer?.opened === true) return;
  child.kill("SIGKILL");
  if (answer === null) throw new RecordsAway("the SQLite process did not start");
  throw errorOf(answer.failure);
}

function after(ms: number): { readonly promise: Promise<null>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  return { promise, stop: () => clearTimeout(timer) };
}

function errorOf({ message, code }: SqliteFailure): Error {
  return Object.assign(new Error(message), code === null ? {} : { code });
}
