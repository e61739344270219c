/** Follows the mirror: every gateway knows a change of an app or a key within a second. */
import type { Clock } from "../shared/clock.ts";
import type { LiveAppDirectory } from "./directory.ts";
import type { AppMirror } from "./mirror-port.ts";

/** A change that one gateway made is known to the others within this time and one answer of Redis. */
const everyMs = 400;

export interface AppWatch {
  /** Reads what changed, now. @throws {Refusal} `store_unavailable` */
  refresh(): Promise<void>;
  start(): void;
  stop(): void;
}

/** @param onReplaced the mirror lost what it had: it is to be filled again */
export function createAppWatch(parts: {
  readonly mirror: Pick<AppMirror, "changes">;
  readonly directory: Pick<LiveAppDirectory, "mergeKept" | "expire">;
  readonly onReplaced: () => void;
  readonly clock: Clock;
}): AppWatch {
  const { mirror, directory, onReplaced, clock } = parts;
  let position = "";
  let reading: Promise<void> | null = null;
  let following: Promise<void> | null = null;
  let stopTimer = () => {};
  let stopped = true;

  async function read(): Promise<void> {
    for (;;) {
      const known = position;
      const found = await mirror.changes(known);
      // Rows are merged by revision, so what the mirror lost stays known here until it is filled again.
      directory.mergeKept(found.rows);
      position = found.position;
      if (found.replaced && known !== "") onReplaced();
      if (!found.more) return;
    }
  }

  function begin(): Promise<void> {
    following = null;
    reading = read().finally(() => {
      reading = null;
    });
    return reading;
  }

  async function look(): Promise<void> {
    // Redis that does not answer is looked for again; what is known holds.
    await refresh().catch(() => undefined);
    directory.expire();
    if (!stopped) stopTimer = clock.after(everyMs, () => void look());
  }

  async function refresh(): Promise<void> {
    if (reading === null) return begin();
    // One that runs may have read before the change that this caller knows of: all who come meanwhile share the next.
    following ??= reading.then(begin, begin);
    await following;
  }

  return {
    refresh,
    start() {
      stopped = false;
      void look();
    },
    stop() {
      stopped = true;
      stopTimer();
    },
  };
}
