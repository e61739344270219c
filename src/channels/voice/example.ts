/** A voice call in the API document's examples. */
import type { ChannelExample } from "../../verification/channel-port.ts";

export const voiceExample: ChannelExample = {
  state: "answered",
  codeLength: 6,
  described: {
    locale: null,
    confirm_key: "1",
    ring: { ms: 25_000, setup_limit_ms: 20_000 },
    talk_ms: null,
    attempt: null,
  },
};
