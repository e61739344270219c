/** The states of a voice call: `spoken` once the code was read out whole, while the call may go on with the second reading. */
import type { DeliveryMachine } from "../../verification/channel-port.ts";

export const voiceMachine: DeliveryMachine = {
  states: { calling: "sending", ringing: "sending", answered: "sending", spoken: "delivered", failed: "undelivered" },
  initial: "calling",
  transitions: {
    /** Asterisk accepted the call. */
    calling: { calling: "calling" },
    /** The phone rings. */
    ringing: { calling: "ringing" },
    /** The call was answered. */
    answered: { calling: "answered", ringing: "answered" },
    /** The code was read out whole; the call goes on. */
    spoken: { calling: "spoken", ringing: "spoken", answered: "spoken" },
    /** The call is over, and the code was read out. */
    delivered: { calling: "spoken", ringing: "spoken", answered: "spoken", spoken: "spoken" },
    /** The call is over, and the code was not read out. */
    undelivered: { calling: "failed", ringing: "failed", answered: "failed" },
    /** The call's deadline passed without a reported end: its gateway died. */
    lost: { calling: "failed", ringing: "failed", answered: "failed" },
  },
  busy: ["calling", "ringing", "answered"],
  waiting: [],
  final: ["spoken", "failed"],
  beforeLastPart: {},
};
