/** An e-mail in the API document's examples. */
import type { ChannelExample } from "../../verification/channel-port.ts";

export const emailExample: ChannelExample = {
  state: "sent",
  codeLength: 6,
  described: { server: "main", smtp_reply: "250 2.0.0" },
};
