/** A missed call in the API document's examples. */
import type { ChannelExample } from "../../verification/channel-port.ts";
import { callerIdPattern } from "./caller-id-pattern.ts";

export const missedCallExample: ChannelExample = {
  state: "ringing",
  codeLength: 4,
  described: {
    caller_id: { prefix: "+44770090", digits: 4, pattern: callerIdPattern("+44770090", 4) },
    calls: 1,
    calls_delivered: 0,
    ring: { ms: 5000, setup_limit_ms: 20_000 },
    attempt: null,
  },
};
