/**
 * Ends of calls that Redis did not take, because it was away: reported again until it is back. Else each of these calls would hold its
 * slot until its lease ends, and after a failover of Redis trunks would be full of calls that are over.
 */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { Admission, SlotEvent, TakenSlot } from "./admission-port.ts";

const againMs = 1000;
/** Longer than a failover takes, and than most leases last. */
const keptMs = 60_000;
/** What is beyond it is free when its lease ends. */
const maxWaiting = 20_000;

interface Waiting {
  readonly slot: TakenSlot;
  readonly event: SlotEvent;
  readonly sinceMs: number;
}

export interface LateReleases {
  add(slot: TakenSlot, event: SlotEvent): void;
  stop(): void;
}

export function createLateReleases(parts: {
  readonly admission: Pick<Admission, "settle">;
  readonly clock: Clock;
  readonly logger: Logger;
}): LateReleases {
  const { admission, logger } = parts;
  const clock = steadyClock(parts.clock);
  /** By lease id, the oldest first. */
  const waiting = new Map<string, Waiting>();
  let stopTimer: (() => void) | null = null;
  let stopped = false;

  async function report({ slot, event }: Waiting): Promise<void> {
    await admission.settle(slot, event);
    waiting.delete(slot.leaseId);
  }

  /** The first one alone shows whether Redis is back. */
  async function reportAll(): Promise<void> {
    const [first, ...others] = waiting.values();
    if (first === undefined) return;
    await report(first);
    const count = others.length + 1;
    await Promise.allSettled(others.map(report));
    logger.info({ slots: count - waiting.size }, "slots of calls that ended while Redis was away are released");
  }

  function forgetOld(): void {
    const nowMs = clock.nowMs();
    for (const [leaseId, { sinceMs }] of waiting) {
      if (nowMs - sinceMs < keptMs) return;
      waiting.delete(leaseId);
    }
  }

  function again(): void {
    if (stopped || stopTimer !== null || waiting.size === 0) return;
    stopTimer = clock.after(againMs, () => {
      forgetOld();
      reportAll()
        .catch(() => undefined)
        .finally(() => {
          stopTimer = null;
          again();
        });
    });
  }

  return {
    add(slot, event) {
      if (waiting.size >= maxWaiting) return;
      waiting.set(slot.leaseId, { slot, event, sinceMs: clock.nowMs() });
      again();
    },
    stop() {
      stopped = true;
      stopTimer?.();
      waiting.clear();
    },
  };
}
