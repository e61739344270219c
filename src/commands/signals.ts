/** How a gateway takes signals, and how long its end may take. */
import type { Options } from "close-with-grace";
import type { Logger } from "pino";
import type { Config } from "../config/schema.ts";

/** Signals that do not end a gateway. Without a listener of ours each of them would end the process at once. */
export const ownSignals = ["SIGHUP", "SIGUSR2"] as const;

/** On top of the drain: the last requests (1 s at most), events (2 s) and webhooks (1.5 s), writing the last ends to Redis. */
export const closeMarginMs = 5000;

/** Longest that the stop of a gateway may take. */
export function stopMs({ calls, http }: Pick<Config, "calls" | "http">): number {
  return Math.max(calls.drain_ms, http.shutdown_linger_ms) + closeMarginMs;
}

/** For close-with-grace, which ends the process with 1 then. A fatal line is written at once, with what is in the log's buffer. */
export function reasonsOfAbruptEnd(logger: Logger): Pick<Options, "onTimeout" | "onSecondError"> {
  return {
    onTimeout: (limitMs) =>
      logger.fatal(
        `not stopped within ${limitMs} ms: ended with work left, which other gateways or the next start take over. Look at what answers too slowly: Redis, the records, a SIP carrier.`,
      ),
    onSecondError: (err) => logger.fatal({ err }, "ended at once: an uncaught error while stopping"),
  };
}
