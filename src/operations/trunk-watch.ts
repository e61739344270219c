/** Reports each change of a path's circuit breaker at this gateway. */
import type { Clock } from "../shared/clock.ts";
import type { BreakerState } from "../telephony/trunks/breaker.ts";
import type { PathStatus } from "../telephony/trunks/slots-port.ts";

/** A circuit that opens and closes within this time is not reported. */
const lookEveryMs = 1000;

export interface BreakerChange {
  readonly trunk: string;
  readonly asterisk: string;
  readonly state: BreakerState;
  /** For operators; null where it is closed. */
  readonly reason: string | null;
}

export interface TrunkWatch {
  start(): void;
  stop(): void;
}

/** @param report called with each change; must not throw */
export function createTrunkWatch(
  paths: () => readonly Pick<PathStatus, "trunk" | "asterisk" | "breaker" | "why">[],
  report: (change: BreakerChange) => void,
  clock: Clock,
): TrunkWatch {
  /** Bounded by the paths of the configuration. */
  const known = new Map<string, BreakerState>();
  let stopTimer: (() => void) | null = null;

  function look(): void {
    for (const { trunk, asterisk, breaker, why } of paths()) {
      const name = `${trunk}@${asterisk}`;
      const { state } = breaker;
      const before = known.get(name) ?? "closed";
      known.set(name, state);
      if (state !== before) report({ trunk, asterisk, state, reason: state === "closed" ? null : why });
    }
    stopTimer = clock.after(lookEveryMs, look);
  }

  return { start: look, stop: () => stopTimer?.() };
}
