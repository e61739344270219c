/** A rate limit that allows a burst of one second's worth (GCRA, as in ITU-T I.371). */

export interface RateLimit {
  /** Takes one. @returns 0, or the time in ms after which one may be taken */
  take(nowMs: number): number;
}

export function createRateLimit(perSecond: number): RateLimit {
  const intervalMs = 1000 / perSecond;
  /** At least one at a time, however low the rate. */
  const burstMs = Math.max(0, 1000 - intervalMs);
  let nextMs = 0;
  return {
    take(nowMs) {
      const earlyMs = nextMs - burstMs - nowMs;
      if (earlyMs > 0) return Math.ceil(earlyMs);
      nextMs = Math.max(nextMs, nowMs) + intervalMs;
      return 0;
    },
  };
}
