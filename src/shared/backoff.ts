/** Pauses between attempts to reach an unreachable server. */
import type { Random } from "./random.ts";

export interface BackoffLimits {
  /** Before the second attempt. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** For our own servers: a restarted Asterisk is reconnected within 10 s. */
const serverLimits: BackoffLimits = { firstMs: 250, longestMs: 10_000 };

/**
 * The pause before attempt number `attempt` + 1, in milliseconds: doubles from the first to the longest, and its upper half
 * is random, so that many gateways do not reconnect in step.
 * @param attempt how many attempts failed in a row, from 1
 */
export function backoffMs(attempt: number, random: Random, limits = serverLimits): number {
  const ceiling = Math.min(limits.longestMs, limits.firstMs * 2 ** Math.min(attempt - 1, 30));
  const half = Math.ceil(ceiling / 2);
  return half + random.below(half);
}
