/** A text message in the API document's examples. */
import type { ChannelExample } from "../../verification/channel-port.ts";

export const smsExample: ChannelExample = {
  state: "delivered",
  codeLength: 6,
  described: { route: "acme", sender: "ACME", segments: 1, cost: 0.035 },
};
