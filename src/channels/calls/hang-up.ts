/** Ends the calls of a verification that has ended, whichever gateways placed them. */
import type { Dialer } from "../../telephony/calls/ports.ts";
import { attemptIdOf } from "../../verification/ids.ts";
import type { Delivery, Verification } from "../../verification/types.ts";
import type { HangUps } from "./hang-ups-port.ts";

/** Part of the details of a delivery that calls; no answer to an app has it. */
export interface PlacedBy {
  /** The gateway that places its calls; a record of an older version lacks it. */
  readonly gateway?: string;
}

/**
 * @returns hangs up the call of a delivery: here, or by asking the gateway that placed it where it may be up. Of an earlier delivery
 * that is one that still reads its code out, or whose end was never reported.
 */
export function createHangUp(
  dialer: Pick<Dialer, "cancel">,
  hangUps: Pick<HangUps, "gateway" | "ask">,
): (verification: Pick<Verification, "id" | "attempts" | "deliveries">, delivery: Delivery) => void {
  return ({ id, attempts, deliveries }, delivery) => {
    const { details, endedAtMs, result } = delivery;
    const isNewest = delivery === deliveries.at(-1);
    const attempt = delivery.lastAttempt ?? (isNewest ? attempts : 0);
    // Also a call that the store gave up as lost, and one that goes on after the code was read out.
    const mayBeUp = result === null || (isNewest && endedAtMs === null);
    if (!mayBeUp || attempt === 0) return;
    const callId = attemptIdOf(id, attempt);
    const { gateway = hangUps.gateway } = (details ?? {}) as PlacedBy;
    if (gateway === hangUps.gateway) dialer.cancel(callId);
    else hangUps.ask(gateway, callId);
  };
}
