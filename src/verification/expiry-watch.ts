/**
 * Looks at each verification when its time is over, so that its end is reported though nobody asks. State never
 * depends on it: whoever reads a verification settles it first.
 *
 * All lives have the same length, so insertion order is order of expiry, and one timer for the oldest is enough.
 */
import type { Clock } from "../shared/clock.ts";

/** About 20 MB. Above it, ends by expiry are reported when somebody reads the verification, or not at all. */
const mostWatched = 100_000;
/**
 * The time between two looks, and most of one: 2,500 a second. One by one each took 0.1 ms of CPU, as much as a fifth of a
 * call does at 900 a second; together a third of that (measured).
 */
const cooldownMs = 100;
const mostAtOnce = 250;

export interface ExpiryWatch {
  /** From now on `id` is looked at when `atMs` has passed; a later call for the same id replaces it. */
  add(id: string, app: string, atMs: number): void;
  /** It ended another way. */
  remove(id: string): void;
  stop(): void;
}

/** One that is watched. */
export interface Watched {
  readonly id: string;
  readonly app: string;
}

/** @param look is called for those whose time is over, one batch after the other; must not reject */
export function createExpiryWatch(clock: Clock, look: (due: readonly Watched[]) => Promise<void>): ExpiryWatch {
  const watched = new Map<string, Watched & { readonly atMs: number }>();
  let cancelTimer: (() => void) | null = null;
  let looking = false;
  let restedAtMs = Number.NEGATIVE_INFINITY;
  let stopped = false;

  const schedule = () => {
    if (cancelTimer || looking || stopped) return;
    const oldest = watched.values().next().value;
    if (!oldest) return;
    cancelTimer = clock.after(Math.max(0, Math.max(oldest.atMs, restedAtMs) - clock.nowMs()), () => {
      cancelTimer = null;
      void lookAtDue();
    });
  };

  const lookAtDue = async () => {
    looking = true;
    const nowMs = clock.nowMs();
    const due: Watched[] = [];
    for (const one of watched.values()) {
      if (one.atMs > nowMs || due.length >= mostAtOnce) break;
      watched.delete(one.id);
      due.push(one);
    }
    await look(due);
    looking = false;
    restedAtMs = nowMs + cooldownMs;
    schedule();
  };

  return {
    add(id, app, atMs) {
      watched.delete(id);
      if (watched.size >= mostWatched) return;
      watched.set(id, { id, app, atMs });
      schedule();
    },
    remove(id) {
      watched.delete(id);
    },
    stop() {
      stopped = true;
      cancelTimer?.();
      watched.clear();
    },
  };
}
