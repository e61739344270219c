import type { Clock } from "../../shared/clock.ts";

const windowMs = 1000;

/**
 * Concurrent callers share one result; above `perSecond` the latest one is returned until the second is over.
 * @returns runs `work` at most once at a time; a failure is not cached
 */
export function shared<T>(work: () => Promise<T>, perSecond: number, clock: Pick<Clock, "nowMs">): () => Promise<T> {
  let underWay: Promise<T> | null = null;
  let latest: { readonly value: T } | null = null;
  let windowBeganMs = Number.NEGATIVE_INFINITY;
  let runs = 0;

  async function run(): Promise<T> {
    try {
      const value = await work();
      latest = { value };
      return value;
    } finally {
      underWay = null;
    }
  }

  return async () => {
    if (underWay !== null) return await underWay;
    const nowMs = clock.nowMs();
    // Also if the clock was set back.
    if (Math.abs(nowMs - windowBeganMs) >= windowMs) {
      windowBeganMs = nowMs;
      runs = 0;
    }
    if (runs >= perSecond && latest !== null) return latest.value;
    runs++;
    underWay = run();
    return await underWay;
  };
}
