/** The states of a call by the person. It never fails: it waits until the verification ends. */
import type { DeliveryMachine } from "../../verification/channel-port.ts";

export const callInMachine: DeliveryMachine = {
  states: { waiting: null, called: "proven" },
  initial: "waiting",
  transitions: {
    /** The callee called the number that was assigned. */
    called: { waiting: "called" },
  },
  busy: [],
  waiting: ["waiting"],
  final: ["called"],
  beforeLastPart: {},
};
