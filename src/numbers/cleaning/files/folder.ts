/** The folder of a run: made for its owner alone, used by one process at a time, never overwritten. */
import { access, mkdir, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { LockHeldError, takeLock } from "../lock-file.ts";
import { FolderInUseError, ListError } from "./list-error.ts";
import { unfinishedNames } from "./output.ts";
import { resultNames } from "./result-names.ts";

export const lockName = "lock";

export interface RunFolder {
  /** @param emptied whether to remove the folder where it was made for this run and nothing is in it */
  release(emptied?: boolean): Promise<void>;
}

/** @throws {FolderInUseError} */
export async function takeFolder(folder: string): Promise<RunFolder> {
  const made = (await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined;
  const lock = path.join(folder, lockName);
  const release = await takeLock(lock).catch((error) => {
    if (!(error instanceof LockHeldError)) throw error;
    throw new FolderInUseError(
      `${folder} is in use by ${error.holder}, which holds ${lock}; wait for it, or choose another --out`,
    );
  });
  return {
    async release(emptied = false) {
      await release();
      if (made && emptied) await rmdir(folder).catch(() => undefined);
    },
  };
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
