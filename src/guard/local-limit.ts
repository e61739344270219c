/** What one gateway allows while the shared counters cannot be read: so few deliveries of each app that it cannot cost much. */
import type { Clock } from "../shared/clock.ts";

const windowMs = 60_000;

export interface LocalLimit {
  /** @returns ms until the next one is allowed; null: this one is */
  take(app: string): number | null;
}

/** Bounded by the number of apps, which the operator makes. */
export function createLocalLimit(perMinute: number, clock: Pick<Clock, "nowMs">): LocalLimit {
  const windows = new Map<string, { readonly sinceMs: number; count: number }>();
  return {
    take(app) {
      const nowMs = clock.nowMs();
      const known = windows.get(app);
      const isOver = known === undefined || nowMs - known.sinceMs >= windowMs || nowMs < known.sinceMs;
      const window = isOver ? { sinceMs: nowMs, count: 0 } : known;
      if (isOver) windows.set(app, window);
      if (window.count >= perMinute) return window.sinceMs + windowMs - nowMs;
      window.count++;
      return null;
    },
  };
}
