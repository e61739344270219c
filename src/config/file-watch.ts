/** Looks at files that others renew, such as certificates, and says when their contents have changed. */
import { stat } from "node:fs/promises";
import type { Clock } from "../shared/clock.ts";

/** A certificate and its key are two files: what still changes between two looks is not read yet. */
const lookEveryMs = 10_000;
/** What could not be read is tried again after 1, 2, 4 … looks: five minutes at most. */
const longestPause = 30;

export interface FileWatch {
  /** What is there now counts as read. Never rejects. */
  start(): Promise<void>;
  stop(): void;
}

/**
 * @param options.files their paths; links are followed, as systems of containers replace a link
 * @param options.changed called once the files are as they were a look before, and not as they were read. Where it rejects they
 * are not read yet, and it is called again later
 */
export function createFileWatch(options: {
  readonly files: readonly string[];
  readonly changed: () => Promise<unknown>;
  readonly clock: Pick<Clock, "after">;
}): FileWatch {
  const { files, changed, clock } = options;
  let stopTimer = () => {};
  let stopped = false;
  let read = "";
  let seen = "";
  let failures = 0;
  /** Looks until the next try. */
  let pause = 0;

  async function look(): Promise<void> {
    const now = await fingerprintOf(files);
    const settled = now === seen && now !== read;
    if (now !== seen) [failures, pause] = [0, 0];
    seen = now;
    if (settled && !stopped && pause-- <= 0) await tryToRead(now);
    schedule();
  }

  async function tryToRead(now: string): Promise<void> {
    try {
      await changed();
      [read, failures, pause] = [now, 0, 0];
    } catch {
      pause = Math.min(2 ** failures++, longestPause) - 1;
    }
  }

  function schedule(): void {
    if (!stopped && files.length > 0) stopTimer = clock.after(lookEveryMs, () => void look());
  }

  return {
    async start() {
      read = await fingerprintOf(files);
      seen = read;
      schedule();
    },
    stop() {
      stopped = true;
      stopTimer();
    },
  };
}

async function fingerprintOf(files: readonly string[]): Promise<string> {
  const one = async (file: string) => {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      return `${mtimeMs} ${size} ${ino}`;
    } catch {
      return "none";
    }
  };
  return (await Promise.all(files.map(one))).join("\n");
}
