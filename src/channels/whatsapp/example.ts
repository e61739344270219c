/** A WhatsApp message in the API document's examples. */
import type { ChannelExample } from "../../verification/channel-port.ts";

export const whatsAppExample: ChannelExample = {
  state: "sent",
  codeLength: 6,
  described: { sender: "main", template: "verification_code", language: "en", cost: 0.03, error_code: null },
};
