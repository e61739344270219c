/** An inbound call in the API document's examples. */
import type { ChannelExample } from "../../verification/channel-port.ts";

export const callInExample: ChannelExample = {
  state: "waiting",
  codeLength: null,
  described: { number: "+442079460123" },
};
