/** Compares a mirror in Redis with records again and again: rarely while both answer, soon after one did not. */
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";

const everyMs = 60_000;
const soonMs = 2000;

export interface MirrorLoop {
  start(): void;
  /** Compares now, where it was started: the mirror is known to have lost something. */
  hurry(): void;
  stop(): void;
}

/** @param what of the log's lines: "webhook endpoints" */
export function createMirrorLoop(parts: {
  readonly what: string;
  /** Compares once. @throws where Redis or records do not answer */
  readonly compare: () => Promise<void>;
  readonly clock: Pick<Clock, "after">;
  readonly logger: Pick<Logger, "info" | "warn">;
}): MirrorLoop {
  const { what, compare, clock, logger } = parts;
  let stopTimer = () => {};
  let running = false;
  let again = false;
  let stopped = true;
  let failing = false;

  async function look(): Promise<void> {
    stopTimer();
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    try {
      await compare();
      if (failing) logger.info(`${what} are read from records again`);
      failing = false;
    } catch (error) {
      const why = error instanceof Error ? error.message : "unknown";
      if (!failing) logger.warn({ why }, `${what} cannot be compared with records; those in Redis hold`);
      failing = true;
    }
    running = false;
    if (stopped) return;
    if (again && !failing) return look();
    stopTimer = clock.after(failing ? soonMs : everyMs, () => void look());
  }

  return {
    start() {
      stopped = false;
      void look();
    },
    hurry() {
      if (!stopped) void look();
    },
    stop() {
      stopped = true;
      stopTimer();
    },
  };
}
