/** The sections of the configuration that telephony reads. */
import type { AsteriskConfig } from "./asterisk/config.ts";
import type { CallsConfig } from "./calls/config.ts";
import type { SipCaptureConfig } from "./sip-capture/config.ts";
import type { TrunkConfig } from "./trunks/config.ts";
import type { RouteConfig, RoutingConfig } from "./trunks/routes-config.ts";

export interface TelephonyConfig {
  readonly asterisks: Readonly<Record<string, AsteriskConfig>>;
  readonly sip_capture?: SipCaptureConfig;
  readonly trunks: Readonly<Record<string, TrunkConfig>>;
  readonly routes: readonly RouteConfig[];
  readonly routing: RoutingConfig;
  readonly calls: CallsConfig;
}
