/** Upper bounds of time that hold on a busy machine too. */
import { deferred } from "../../src/shared/deferred.ts";

/**
 * Waits for what must be over in a time, by a timer that was set together with it: whatever holds up this process holds
 * up both, where a difference of two times would blame the work. @throws when the timer was first
 */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = deferred<never>();
  const timer = setTimeout(() => reject(new Error(`not over within ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
