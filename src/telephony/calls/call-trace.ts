/** Logs the progress of one call at level debug, without number or code. */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { Call, CallObserver } from "./ports.ts";

/**
 * The call id begins with the verification's id, which the start's log line has together with its request's id.
 * @returns the observer itself where level debug is off
 */
export function traced(call: Call, observer: CallObserver, clock: Clock, logger: Logger): CallObserver {
  if (!logger.isLevelEnabled("debug")) return observer;
  const { callId, slot } = call;
  const { nowMs } = steadyClock(clock);
  const startedAtMs = nowMs();
  const about = { callId, trunk: slot.trunk, asterisk: slot.asterisk };
  const sinceStartMs = () => nowMs() - startedAtMs;
  logger.debug({ ...about, range: call.range, waitMs: slot.waitMs }, "call begins");
  return {
    calling() {
      logger.debug({ ...about, ms: sinceStartMs() }, "call placed: the INVITE is in progress");
      observer.calling();
    },
    ringing() {
      logger.debug({ ...about, ms: sinceStartMs() }, "phone rings");
      observer.ringing();
    },
    answered(call) {
      logger.debug({ ...about, ms: sinceStartMs() }, "call answered");
      observer.answered?.(call);
    },
    ended: (result) => observer.ended(result),
  };
}
