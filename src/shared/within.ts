import type { Clock } from "./clock.ts";

/**
 * The result of some work, or `late` where the time is over first; the work goes on.
 * @throws what the work threw in time
 */
export function within<T>(work: Promise<T>, ms: number, late: T, clock: Pick<Clock, "after">): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = clock.after(ms, () => resolve(late));
    void work.then(resolve, reject).finally(stop);
  });
}
