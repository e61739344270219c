/**
 * A file that one process at a time holds, those of other containers and machines included. Where it is removed, it is by whoever
 * releases it, or takes it from a holder that is gone.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { isFresh, type Lock, type LockHolder, nameOf, stateOf, thisProcess } from "./lock-holder.ts";

const touchEveryMs = 10_000;
/** Each one finds that others released or removed the lock meanwhile. */
const mostAttempts = 10;

export class LockHeldError extends Error {
  override readonly name = "LockHeldError";
  /** Who holds it, for people. */
  readonly holder: string;
  /** False: its holder is out of sight (another container, another machine), and was alive less than a minute ago. */
  readonly isSeen: boolean;

  constructor(file: string, holder: string, isSeen: boolean) {
    super(`${file} is held by ${holder}`);
    this.holder = holder;
    this.isSeen = isSeen;
  }
}

/**
 * Takes the lock, also where its holder is gone.
 * @returns releases it; without effect where another has it by then
 * @throws {LockHeldError}
 */
export async function takeLock(file: string): Promise<() => Promise<void>> {
  const text = JSON.stringify({ ...thisProcess(), token: randomUUID() } satisfies LockHolder);
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const handle = await create(file, text);
    if (handle !== null) return hold(file, text, handle);
    const lock = await look(file);
    if (lock === null) continue;
    const state = stateOf(lock);
    if (state !== "gone") throw new LockHeldError(file, nameOf(lock), state === "held");
    if (!(await removeGone(file, lock.text))) break;
  }
  throw new LockHeldError(file, "a process that is taking it", false);
}

/** @returns null where the file is there */
async function create(file: string, text: string): Promise<FileHandle | null> {
  const handle = await open(file, "wx", 0o600).catch(nullAt("EEXIST"));
  try {
    await handle?.writeFile(text);
    return handle;
  } catch (error) {
    await handle?.close();
    await rm(file, { force: true });
    throw error;
  }
}

function hold(file: string, text: string, handle: FileHandle): () => Promise<void> {
  // By the open file: where another has taken the lock, that one's is another file.
  const touch = () => {
    const now = new Date();
    handle.utimes(now, now).catch(() => undefined);
  };
  const timer = setInterval(touch, touchEveryMs).unref();
  return async () => {
    clearInterval(timer);
    await handle.close();
    if ((await textOf(file)) === text) await rm(file, { force: true });
  };
}

/** @returns null where there is none */
async function look(file: string): Promise<Lock | null> {
  const handle = await open(file, "r").catch(nullAt("ENOENT"));
  if (handle === null) return null;
  try {
    const { mtimeMs } = await handle.stat();
    return { text: await handle.readFile("utf8"), touchedAtMs: mtimeMs };
  } finally {
    await handle.close();
  }
}

/**
 * Removes a lock whose holder is gone. One process at a time does: another could remove what was taken between its look and its removal.
 * @returns whether to try again; false: another removes it at this moment
 */
async function removeGone(file: string, text: string): Promise<boolean> {
  const turn = `${file}.taken`;
  const handle = await open(turn, "wx", 0o600).catch(nullAt("EEXIST"));
  if (handle === null) {
    const other = await look(turn);
    if (other !== null && isFresh(other.touchedAtMs)) return false;
    // Of a process that was killed here.
    await rm(turn, { force: true });
    return true;
  }
  await handle.close();
  try {
    if ((await textOf(file)) === text) await rm(file, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
  return true;
}

const textOf = (file: string) => readFile(file, "utf8").catch(() => null);

function nullAt(code: string): (error: NodeJS.ErrnoException) => null {
  return (error) => {
    if (error.code !== code) throw error;
    return null;
  };
}
