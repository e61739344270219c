/** Reports each app and callee prefix that this gateway's brakes slow down, and when they no longer do. */
import type { Clock } from "../shared/clock.ts";
import type { BrakedNow } from "../telephony/trunks/brakes.ts";

/** A brake that comes and goes within this time is not reported. */
const lookEveryMs = 1000;

/** `data` of the public event `guard.alarm`. */
export interface BrakeChange extends BrakedNow {
  readonly state: "braked" | "released";
}

export interface BrakeWatch {
  start(): void;
  stop(): void;
}

/** @param report called with each change; must not throw */
export function createBrakeWatch(
  braked: () => readonly BrakedNow[],
  report: (change: BrakeChange) => void,
  clock: Pick<Clock, "after">,
): BrakeWatch {
  /** Bounded as the brakes are. */
  let known: ReadonlyMap<string, BrakedNow> = new Map();
  let stopTimer: (() => void) | null = null;

  function look(): void {
    const now = new Map(braked().map((one) => [`${one.kind} ${one.name} ${one.reason}`, one]));
    for (const [key, one] of now) if (!known.has(key)) report({ ...one, state: "braked" });
    for (const [key, one] of known) if (!now.has(key)) report({ ...one, state: "released" });
    known = now;
    stopTimer = clock.after(lookEveryMs, look);
  }

  return {
    start() {
      if (stopTimer === null) look();
    },
    stop() {
      stopTimer?.();
      stopTimer = null;
    },
  };
}
