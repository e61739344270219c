import type { Clock } from "../../shared/clock.ts";

/**
 * One result for all that ask at the same time, and for `maxAgeMs` after it was found.
 * @returns runs `work` at most once at a time; a failure is not kept
 */
export function shared<T>(work: () => Promise<T>, maxAgeMs: number, clock: Pick<Clock, "nowMs">): () => Promise<T> {
  let underWay: Promise<T> | null = null;
  let kept: { readonly value: T; readonly atMs: number } | null = null;

  async function run(): Promise<T> {
    try {
      const value = await work();
      kept = { value, atMs: clock.nowMs() };
      return value;
    } finally {
      underWay = null;
    }
  }

  return async () => {
    const ageMs = kept === null ? null : clock.nowMs() - kept.atMs;
    // Less than 0: the clock was set back.
    if (kept !== null && ageMs !== null && ageMs >= 0 && ageMs < maxAgeMs) return kept.value;
    underWay ??= run();
    return await underWay;
  };
}
