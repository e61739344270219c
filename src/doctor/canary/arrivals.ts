/** In the gateway: notes calls to the test number, which `onering doctor --canary` waits for in another process. */
import type { Logger } from "pino";
import type { CanaryArrivals } from "../../operations/canary-port.ts";
import type { InboundCall } from "../../telephony/call-control/port.ts";
import { numberOf, shownCaller } from "../../telephony/calls/caller.ts";
import type { CanaryConfig } from "./config.ts";
import { endsAlike } from "./same-number.ts";

/**
 * @param config as it is now
 * @returns takes each inbound call of the gateway's own SIP; never throws
 */
export function noteCanaryCalls(
  config: () => { readonly canary?: CanaryConfig },
  arrivals: Pick<CanaryArrivals, "note">,
  logger: Pick<Logger, "warn">,
): (call: InboundCall) => void {
  return ({ endpoint, invite }) => {
    const { inbound_trunk: trunk, number = "" } = config().canary ?? {};
    if (trunk !== endpoint || typeof invite === "string" || !endsAlike(numberOf(invite.called), number)) return;
    arrivals.note(shownCaller(invite)).catch((error: unknown) => {
      // The text only: the error object may hold the command's arguments.
      const why = error instanceof Error ? error.message : "unknown";
      logger.warn({ why }, "a call to the canary's test number could not be noted: the canary does not see it arrive");
    });
  };
}
