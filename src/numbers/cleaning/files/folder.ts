/** The folder of a run: made for its owner alone, used by one process at a time, never overwritten. */
import { access, mkdir, open, readFile, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { isAlive } from "../process-alive.ts";
import { FolderInUseError, ListError } from "./list-error.ts";
import { unfinishedNames } from "./output.ts";
import { resultNames } from "./result-names.ts";

export const lockName = "lock";
/** Folders in use by this process: its id alone says nothing in a container, where it is often the same again. */
const ownLocks = new Set<string>();

export interface RunFolder {
  /** @param emptied whether to remove the folder where it was made for this run and nothing is in it */
  release(emptied?: boolean): Promise<void>;
}

/** @throws {ListError} where another process uses it */
export async function takeFolder(folder: string): Promise<RunFolder> {
  const made = (await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined;
  const lock = path.join(folder, lockName);
  await takeLock(lock, folder);
  ownLocks.add(lock);
  return {
    async release(emptied = false) {
      await rm(lock, { force: true });
      ownLocks.delete(lock);
      if (made && emptied) await rmdir(folder).catch(() => undefined);
    },
  };
}

async function takeLock(lock: string, folder: string): Promise<void> {
  for (;;) {
    try {
      const file = await open(lock, "wx", 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(await readFile(lock, "utf8").catch(() => ""));
    if (ownLocks.has(lock) || (holder !== process.pid && isAlive(holder))) {
      throw new FolderInUseError(`${folder} is in use by process ${holder}; wait for it, or choose another --out`);
    }
    await rm(lock, { force: true });
  }
}

/** @throws {ListError} where a run was finished here, whose files would be overwritten */
export async function refuseFinished(folder: string): Promise<void> {
  for (const name of resultNames) {
    const there = await access(path.join(folder, name)).then(
      () => true,
      () => false,
    );
    if (there) throw new ListError(`${folder} has ${name} already; nothing is overwritten: choose another --out`);
  }
}

/** Removes what an unfinished run left. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of unfinishedNames) await rm(path.join(folder, name), { force: true });
}
