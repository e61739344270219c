/** The sections of the configuration that telephony reads. */
import type { LimitsConfig } from "../apps/limits-config.ts";
import type { DialerConfig } from "./calls/config.ts";
import type { RouteConfig, RoutingConfig } from "./trunks/routes-config.ts";

export interface TelephonyConfig extends DialerConfig {
  readonly limits: LimitsConfig;
  readonly routes: readonly RouteConfig[];
  readonly routing: RoutingConfig;
  /** Trunks whose 183 ends a live check: Asterisk must report it. */
  readonly live_check?: { readonly cancel_on_183: readonly string[] };
}
