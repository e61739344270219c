/** The states of a missed call: `calling` until the phone rings, `rung` once it is over and may have been seen. */
import type { DeliveryMachine } from "../../verification/channel-port.ts";

export const missedCallMachine: DeliveryMachine = {
  states: { calling: "sending", ringing: "sending", rung: "delivered", failed: "undelivered" },
  initial: "calling",
  transitions: {
    /** Asterisk accepted the call. */
    calling: { calling: "calling" },
    /** The phone rings. */
    ringing: { calling: "ringing" },
    /** The call is over and the callee may have seen it. */
    delivered: { calling: "rung", ringing: "rung" },
    /** The same of a call after which another one of the same code is to come. */
    delivered_in_part: { calling: "calling", ringing: "calling" },
    /** The call is over and cannot have been seen. */
    undelivered: { calling: "failed", ringing: "failed" },
    /** The call's deadline passed without a reported end: its gateway died. */
    lost: { calling: "failed", ringing: "rung" },
  },
  busy: ["calling", "ringing"],
  waiting: [],
  final: ["rung", "failed"],
  /** One of two calls is not enough for a code, and the second caller ID is lost with a gateway that died. */
  beforeLastPart: { delivered: "delivered_in_part", lost: "undelivered" },
};
