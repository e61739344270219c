/** When a failed delivery is tried again. */
import type { Random } from "../shared/random.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** After the first, second … failed try; the last one repeats until `webhooks.retry_hours` are over, when the last try is made. */
export const retryDelaysMs: readonly number[] = [
  ...[5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute],
  ...[hour, 2 * hour, 4 * hour],
];

/** Each delay is drawn between 80 and 120 %: what failed together does not come back together. */
const jitter = 0.2;

/**
 * @param tries failed ones, from 1 @param askedMs what the receiver asked for (Retry-After)
 * @param delaysMs for tests
 */
export function retryDelayMs(tries: number, askedMs: number | null, random: Random, delaysMs = retryDelaysMs): number {
  const delay = delaysMs[Math.min(tries, delaysMs.length) - 1] ?? hour;
  return Math.max(askedMs ?? 0, withJitter(delay, random));
}

/** A time between 80 and 120 % of this one. */
export function withJitter(ms: number, random: Random): number {
  return Math.round(ms * (1 - jitter) + (ms * 2 * jitter * random.below(1001)) / 1000);
}
