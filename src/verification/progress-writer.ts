/**
 * Writes the progress of one call into the store, in order. Only the newest news counts: what comes before the next flush,
 * or while the store is busy, replaces what waits. So one call never has more than one write under way and one waiting,
 * and a store that is away for a while gets the last state when it is back. What is lost for good is settled by the
 * call's deadline.
 */

import type { LastCall } from "../channels/missed-call/last-call.ts";
import type { LineLogger } from "../observability/late-logger.ts";
import type { BatchTimer } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import type { Outcome } from "../telephony/calls/outcome.ts";
import type { Event } from "./machine.ts";

/** Together longer than a failover of Sentinel or Cluster takes with their defaults (some 10 to 30 s). */
const retryDelaysMs = [100, 300, 1000, 3000, 10_000, 20_000];

export interface News {
  readonly event: Event;
  readonly reason: Outcome | null;
  /** With the end of a call. */
  readonly lastCall?: LastCall | null;
  readonly mayStillRing?: boolean;
}

export interface ProgressWriter {
  tell(news: News): void;
  /** Resolves when nothing is under way or waiting. */
  settled(): Promise<void>;
}

/** @param write stores one piece of news; may reject, then it is tried again, or the news that came since */
export function createProgressWriter(options: {
  readonly write: (news: News) => Promise<void>;
  /** When news is written: with that of other calls. */
  readonly batchTimer: BatchTimer;
  readonly clock: Clock;
  readonly logger: LineLogger;
}): ProgressWriter {
  const { write, batchTimer, clock, logger } = options;
  let waiting: News | null = null;
  let running: Promise<void> | null = null;

  const writeAll = async () => {
    await batchTimer.next();
    for (let failures = 0; waiting !== null; ) {
      const news: News = waiting;
      waiting = null;
      try {
        await write(news);
        failures = 0;
      } catch (error) {
        const delayMs = retryDelaysMs[failures++];
        if (delayMs === undefined) {
          logger.error({ event: news.event, error: textOf(error) }, "the progress of a call could not be stored");
          break;
        }
        waiting ??= news;
        await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
      }
    }
    // In the same breath as the last look at `waiting`: news that comes later starts anew.
    running = null;
  };

  return {
    tell(news) {
      waiting = news;
      running ??= writeAll();
    },
    async settled() {
      while (running) await running;
    },
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
