/** Log lines at level debug about one call attempt, as it goes on. Neither number nor code is in them. */
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Attempt, AttemptObserver } from "./ports.ts";

/**
 * The attempt id begins with the verification's id, which the start's log line has together with its request's id.
 * @returns the observer itself where level debug is off
 */
export function traced(attempt: Attempt, observer: AttemptObserver, clock: Clock, logger: Logger): AttemptObserver {
  if (!logger.isLevelEnabled("debug")) return observer;
  const { attemptId, slot } = attempt;
  const startedAtMs = clock.nowMs();
  const about = { attemptId, trunk: slot.trunk, asterisk: slot.asterisk };
  const sinceStartMs = () => clock.nowMs() - startedAtMs;
  logger.debug({ ...about, range: attempt.range, waitMs: slot.waitMs }, "call attempt begins");
  return {
    calling() {
      logger.debug({ ...about, ms: sinceStartMs() }, "call placed: the INVITE is in progress");
      observer.calling();
    },
    ringing() {
      logger.debug({ ...about, ms: sinceStartMs() }, "phone rings");
      observer.ringing();
    },
    ended: (result) => observer.ended(result),
  };
}
