/** Pauses between tries to reach a server that is away. */
import type { Random } from "../random.ts";

const firstMs = 250;
/** A restarted Asterisk is found again within this time. */
const longestMs = 10_000;

/**
 * The pause before try number `attempt` + 1, in milliseconds: doubles from 250 ms to 10 s, and its upper half is
 * random, so that many gateways do not come back in step.
 * @param attempt how many tries failed in a row, from 1
 */
export function backoffMs(attempt: number, random: Random): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 10));
  const half = Math.ceil(ceiling / 2);
  return half + random.below(half);
}
