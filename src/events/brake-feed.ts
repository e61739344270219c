/** Hands the ends of verifications to the brakes of calls that are never checked. */
import type { GatewayEvent } from "./events.ts";

/** @param verificationEnded of the brakes (telephony/trunks): whether the code of a delivered verification was checked */
export function brakeFeed(brakes: {
  verificationEnded(app: string, checked: boolean): void;
}): (event: GatewayEvent) => void {
  return (event) => {
    if (event.type !== "verification.ended" || event.app === null) return;
    const { status, appCode, simulated } = event.data;
    // Nothing was sent.
    if (simulated !== undefined) return;
    // The app may have given the code away, or checked it elsewhere.
    if (appCode) return;
    // Only a delivered code could have been checked.
    if (status !== "verified" && status !== "failed" && status !== "expired") return;
    brakes.verificationEnded(event.app, status !== "expired");
  };
}
