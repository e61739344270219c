/**
 * The states of a message: `queued` until the provider took it, `sent` from then on, `delivered` or `failed` where a
 * receipt says so. The person may have the code from `sent` on: many networks send no receipts.
 */
import type { DeliveryMachine } from "../../verification/channel-port.ts";
import type { MessageReport } from "./provider-port.ts";

export const messageMachine: DeliveryMachine = {
  states: { queued: null, sent: "delivered", delivered: "delivered", failed: "undelivered" },
  initial: "queued",
  transitions: {
    /** The provider took it. */
    sent: { queued: "sent" },
    /** Its receipt may overtake the provider's answer. */
    delivered: { queued: "delivered", sent: "delivered" },
    /** Refused, or given up later; what was delivered stays so. */
    undelivered: { queued: "failed", sent: "failed" },
    /** No report by its deadline: its gateway died. It may have been sent; it is not sent again. */
    lost: { queued: "failed" },
  },
  busy: ["queued"],
  waiting: [],
  final: ["delivered", "failed"],
  beforeLastPart: {},
};

/** The machine's event for a report. */
export function eventOf({ state }: Pick<MessageReport, "state">): "sent" | "delivered" | "undelivered" {
  return state === "failed" ? "undelivered" : state;
}
