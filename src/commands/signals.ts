/** How a gateway takes signals, and how long its end may take. */
import type { Config } from "../config/schema.ts";

/** Signals that do not end a gateway. Without a listener of ours each of them would end the process at once. */
export const ownSignals = ["SIGHUP", "SIGUSR2"] as const;

/** On top of the drain: closing sockets, writing the last ends to Redis. */
export const closeMarginMs = 5000;

/** Longest that the stop of a gateway may take. */
export function stopMs({ calls, http }: Pick<Config, "calls" | "http">): number {
  return Math.max(calls.drain_ms, http.shutdown_linger_ms) + closeMarginMs;
}
