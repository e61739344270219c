/** Where lists lie: a folder for each, with `list.json`, the upload and the results. What is there outlives the gateway. */
import { mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { LockHeldError, takeLock } from "../cleaning/lock-file.ts";
import { writeWhole } from "../cleaning/whole-file.ts";
import type { ResultFile, Scrub } from "./types.ts";

const lockName = "lock";
const aboutName = "list.json";
const uploadName = "upload";
const resultsName = "results";
const idPattern = /^scr_[0-9a-f]{32}$/;

/** Held by a gateway out of sight, in another container or on another machine: it may just have been killed. */
export class HeldOutOfSightError extends Error {
  override readonly name = "HeldOutOfSightError";
}

export interface ScrubFolder {
  /**
   * Makes it, and holds it for this process alone.
   * @returns what lets it go
   * @throws {HeldOutOfSightError}; {Error} where another gateway that runs holds it
   */
  take(): Promise<() => Promise<void>>;
  /** Everything that can be read; what cannot is removed, as what an interrupted removal left. */
  load(): Promise<readonly Scrub[]>;
  create(scrub: Scrub): Promise<void>;
  /** Whole or not at all. */
  save(scrub: Scrub): Promise<void>;
  /** Writes a piece of the upload at its place; what was behind it is dropped. */
  write(id: string, offset: number, piece: Buffer): Promise<void>;
  /** Results of a run that failed, which nobody can fetch. */
  removeResults(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  uploadOf(id: string): string;
  resultsOf(id: string): string;
  /** Null: there is none. */
  result(id: string, file: ResultFile): Promise<{ readonly path: string; readonly bytes: number } | null>;
}

/** @param root is made where it is not there, for this user alone */
export function createScrubFolder(root: string): ScrubFolder {
  const of = (id: string) => {
    // Ids come from URLs too: none may lead elsewhere.
    if (!idPattern.test(id)) throw new Error("not the id of a list");
    return path.join(root, id);
  };
  const about = (id: string) => path.join(of(id), aboutName);

  /** One after the other: two would write one file. */
  const saving = new Map<string, Promise<void>>();

  function save(scrub: Scrub): Promise<void> {
    const before = saving.get(scrub.id) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => writeWhole(about(scrub.id), JSON.stringify(scrub)));
    saving.set(scrub.id, mine);
    const done = () => {
      if (saving.get(scrub.id) === mine) saving.delete(scrub.id);
    };
    mine.then(done, done);
    return mine;
  }

  async function read(id: string): Promise<Scrub | null> {
    try {
      return JSON.parse(await readFile(about(id), "utf8")) as Scrub;
    } catch {
      return null;
    }
  }

  return {
    save,
    async take() {
      await mkdir(root, { recursive: true, mode: 0o700 });
      return takeLock(path.join(root, lockName)).catch((cause) => {
        if (!(cause instanceof LockHeldError)) throw cause;
        const why = `scrubs.folder: ${root} is in use by another gateway (${cause.message}); give each one a folder of its own.`;
        throw cause.isSeen ? new Error(why, { cause }) : new HeldOutOfSightError(why, { cause });
      });
    },
    async load() {
      const found: Scrub[] = [];
      for (const id of (await readdir(root)).filter((name) => idPattern.test(name))) {
        const scrub = await read(id);
        if (scrub !== null) found.push(scrub);
        else await rm(of(id), { recursive: true, force: true });
      }
      return found;
    },
    async create(scrub) {
      await mkdir(of(scrub.id), { mode: 0o700 });
      await save(scrub);
      await (await open(path.join(of(scrub.id), uploadName), "wx", 0o600)).close();
    },
    async write(id, offset, piece) {
      const file = await open(path.join(of(id), uploadName), "r+");
      try {
        await file.truncate(offset);
        for (let done = 0; done < piece.length; ) {
          done += (await file.write(piece, done, piece.length - done, offset + done)).bytesWritten;
        }
      } finally {
        await file.close();
      }
    },
    removeResults: (id) => rm(path.join(of(id), resultsName), { recursive: true, force: true }),
    async remove(id) {
      // One that is being written would bring it back at the next start.
      await saving.get(id)?.catch(() => undefined);
      await rm(of(id), { recursive: true, force: true });
    },
    uploadOf: (id) => path.join(of(id), uploadName),
    resultsOf: (id) => path.join(of(id), resultsName),
    async result(id, name) {
      const file = path.join(of(id), resultsName, name);
      const found = await stat(file).catch(() => null);
      return found === null ? null : { path: file, bytes: found.size };
    },
  };
}

export const isScrubId = (text: string) => idPattern.test(text);
