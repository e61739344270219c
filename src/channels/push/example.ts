/** A push notification in the API document's examples. */
import type { ChannelExample } from "../../verification/channel-port.ts";

export const pushExample: ChannelExample = {
  state: "sent",
  codeLength: 6,
  described: { service: "fcm", registration: null, cost: null },
};
