/** The states of a pigeon. */
import type { DeliveryMachine } from "../../../src/verification/channel-port.ts";

export const pigeonMachine: DeliveryMachine = {
  states: { flying: "sending", landed: "delivered", lost: "undelivered" },
  initial: "flying",
  transitions: {
    landed: { flying: "landed" },
    undelivered: { flying: "lost" },
    /** The deadline passed with no word of it. */
    lost: { flying: "lost" },
  },
  busy: ["flying"],
  waiting: [],
  final: ["landed", "lost"],
  beforeLastPart: {},
};
