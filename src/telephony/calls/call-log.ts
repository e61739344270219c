/** Logs a call that ended: ids, trunks and ranges, never a number. */
import type { Logger } from "pino";
import type { Call, CallResult } from "./ports.ts";

/** @param ended.ringOn the trunk's configured `ring_on`; undefined where the trunk is not configured */
export function logEnd(
  logger: Logger,
  ended: {
    readonly call: Pick<Call, "callId" | "range" | "probe">;
    readonly trunk: string;
    readonly ringOn: "180" | "180+183" | undefined;
    readonly result: CallResult;
  },
): void {
  const { call, trunk, ringOn, result } = ended;
  const { callId, range } = call;
  logger.info({ callId, trunk, ...result }, "call ended");
  if (result.networkBlocked) {
    const { redressUrl } = result;
    logger.info({ callId, trunk, range, redressUrl }, "caller ID blocked by a network's call analytics (603+)");
  }
  // A probe that a 183 ended waited for no 180.
  const waited = call.probe === undefined;
  if (
    waited &&
    ringOn === "180" &&
    result.progress &&
    result.outcome === "no_answer_signal" &&
    result.endedBy === "us"
  ) {
    logger.info(
      { callId, trunk, ring_on: ringOn },
      'a 183 came, but no 180 within calls.setup_limit_ms; if phones do ring, set this trunk\'s ring_on to "180+183"',
    );
  }
}
