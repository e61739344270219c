/** Ends the call of a verification that has ended, whichever gateway placed it. */
import type { Dialer } from "../../telephony/calls/ports.ts";
import { attemptIdOf } from "../../verification/ids.ts";
import { newestOf, type Verification } from "../../verification/types.ts";
import type { HangUps } from "./hang-ups-port.ts";

/** Part of the details of a delivery that calls; no answer to an app has it. */
export interface PlacedBy {
  /** The gateway that places its calls; a record of an older version lacks it. */
  readonly gateway?: string;
}

/** @returns hangs up the newest call of a verification: here, or by asking the gateway that placed it where it may be up */
export function createHangUp(
  dialer: Pick<Dialer, "cancel">,
  hangUps: Pick<HangUps, "gateway" | "ask">,
): (verification: Verification) => void {
  return (verification) => {
    const callId = attemptIdOf(verification.id, verification.attempts);
    const { details, endedAtMs, result } = newestOf(verification);
    const { gateway } = (details ?? {}) as PlacedBy;
    // Also a call that the store gave up as lost, and one that goes on after the code was read out.
    const mayBeUp = endedAtMs === null || result === null;
    if (gateway === undefined || gateway === hangUps.gateway) dialer.cancel(callId);
    else if (mayBeUp) hangUps.ask(gateway, callId);
  };
}
