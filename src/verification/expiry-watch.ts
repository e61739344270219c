/**
 * Looks at each verification when its time is over, so that its end is reported though nobody asks. State never
 * depends on it: whoever reads a verification settles it first.
 *
 * All lives have the same length, so insertion order is order of expiry, and one timer for the oldest is enough.
 */
import type { Clock } from "../clock.ts";

/** About 20 MB. Above it, ends by expiry are reported when somebody reads the verification, or not at all. */
const mostWatched = 100_000;

export interface ExpiryWatch {
  /** From now on `id` is looked at when `atMs` has passed; a later call for the same id replaces it. */
  add(id: string, app: string, atMs: number): void;
  /** It ended another way. */
  remove(id: string): void;
  stop(): void;
}

/** @param look is called for one verification at a time; must not reject */
export function createExpiryWatch(clock: Clock, look: (id: string, app: string) => Promise<void>): ExpiryWatch {
  const watched = new Map<string, { readonly app: string; readonly atMs: number }>();
  let cancelTimer: (() => void) | null = null;
  let looking = false;
  let stopped = false;

  const schedule = () => {
    if (cancelTimer || looking || stopped) return;
    const oldest = watched.values().next().value;
    if (!oldest) return;
    cancelTimer = clock.after(Math.max(0, oldest.atMs - clock.nowMs()), () => {
      cancelTimer = null;
      void lookAtDue();
    });
  };

  const lookAtDue = async () => {
    looking = true;
    for (const [id, { app, atMs }] of watched) {
      if (stopped || atMs > clock.nowMs()) break;
      watched.delete(id);
      await look(id, app);
    }
    looking = false;
    schedule();
  };

  return {
    add(id, app, atMs) {
      watched.delete(id);
      if (watched.size >= mostWatched) return;
      watched.set(id, { app, atMs });
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
