/** Identity rules of a trunk, with the defaults of the configuration. */
import { Value } from "typebox/value";
import { TrunkIdentity, type TrunkIdentityConfig } from "../../src/telephony/sip-trunks/identity-config.ts";

export function trunkIdentity(given: Partial<TrunkIdentityConfig> = {}): TrunkIdentityConfig {
  return { ...(Value.Default(TrunkIdentity, {}) as TrunkIdentityConfig), ...given };
}
