/** How a call is placed. */
import type { Static } from "typebox";
import { count, ms, optionalSection } from "../../typed-yaml/parts.ts";
import type { SipCaptureConfig } from "../sip-capture/config.ts";
import type { TrunkConfig } from "../trunks/config.ts";
import type { EnginesConfig } from "../trunks/engines.ts";

export const Calls = optionalSection("How a call is placed.", {
  ring_ms: ms(
    5000,
    1000,
    30_000,
    "Ring time, from the first 180 to our CANCEL. Call screening can hold the first ring for 5 s.",
  ),
  setup_limit_ms: ms(
    20_000,
    1000,
    60_000,
    "Limit of the post-dial delay: a call without alerting within this time after its INVITE is canceled. Delays over 11 s are rare (ITU-T E.721); failover to another trunk takes its time from the same limit.",
  ),
  max_queue_ms: ms(
    2000,
    0,
    10_000,
    "Longest wait of a call for its channel slot where a trunk is at its CPS limit. A call that would wait longer is refused at once with 503 and Retry-After. 2 s are within the usual post-dial delay.",
  ),
  max_trunks: count(
    3,
    1,
    10,
    "Trunks that are tried for one call (route advance) where one is congested, down or does not know the number. All within setup_limit_ms, and never after the phone may have rung.",
  ),
  second_call_gap_ms: ms(
    3000,
    1000,
    15_000,
    "With calls: 2, the interval from the end of the first call to the second. The network must have released the phone, and the first call must have left its screen; otherwise the second is busy or shows as call waiting.",
  ),
  drain_ms: ms(
    30_000,
    0,
    300_000,
    "At SIGTERM: time for live calls to end before they are canceled. 30 s are more than setup_limit_ms and ring_ms together.",
  ),
});

export type CallsConfig = Static<typeof Calls>;

/** The sections that the dialer reads. */
export interface DialerConfig extends EnginesConfig {
  readonly trunks: Readonly<Record<string, TrunkConfig>>;
  readonly calls: CallsConfig;
  readonly sip_capture?: SipCaptureConfig;
  /** Limits of calls that are to be answered. */
  readonly voice?: { readonly ring_ms: number; readonly max_call_ms: number };
}
