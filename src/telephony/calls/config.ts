/** How a call is placed. */
import type { Static } from "typebox";
import { count, ms, optionalSection } from "../../typed-yaml/parts.ts";
import type { AsteriskConfig } from "../asterisk/config.ts";
import type { SipCaptureConfig } from "../sip-capture/config.ts";
import type { TrunkConfig } from "../trunks/config.ts";

export const Calls = optionalSection("How a call is placed.", {
  ring_ms: ms(5000, 1000, 30_000, "Ring time, from the first 180. Call screening can hold the first ring for 5 s."),
  setup_limit_ms: ms(20_000, 1000, 60_000, "No alerting within this time after INVITE: the call is canceled."),
  max_queue_ms: ms(
    2000,
    0,
    10_000,
    "Longest that a call waits for its turn where a trunk has all the calls a second that it may have. What would wait longer is refused at once, with Retry-After.",
  ),
  max_trunks: count(
    3,
    1,
    10,
    "Trunks that are tried for one call, where one is congested, down or does not know the number. All within setup_limit_ms, and never after the phone may have rung.",
  ),
  second_call_gap_ms: ms(
    3000,
    1000,
    15_000,
    "calls: 2: from the end of the first call to the second. The first must have left the screen and the network must have let go of the phone; else it says busy, or shows one call waiting behind the other.",
  ),
  drain_ms: ms(30_000, 0, 300_000, "At SIGTERM: time for live calls to end by themselves before they are canceled."),
});

export type CallsConfig = Static<typeof Calls>;

/** The sections that the dialer reads. */
export interface DialerConfig {
  readonly asterisks: Readonly<Record<string, AsteriskConfig>>;
  readonly trunks: Readonly<Record<string, TrunkConfig>>;
  readonly calls: CallsConfig;
  readonly sip_capture?: SipCaptureConfig;
}
