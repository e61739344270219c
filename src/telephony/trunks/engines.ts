/**
 * What places the calls of a trunk: an Asterisk by its name, or the gateway's own SIP (`sip`). Both are engines of paths
 * (`trunk@engine`), and have limits over all gateways.
 */
import type { AsteriskConfig } from "../asterisk/config.ts";
import type { SipConfig } from "../sip-trunks/config.ts";
import type { TrunkConfig } from "./config.ts";

/** The reserved name of the gateway's own SIP, where others have the name of an Asterisk. */
export const sipEngine = "sip";

/** The sections that describe engines. */
export interface EnginesConfig {
  readonly asterisks: Readonly<Record<string, AsteriskConfig>>;
  readonly sip?: SipConfig;
}

export type EngineLimits = Pick<AsteriskConfig, "max_concurrent_calls" | "calls_per_second">;

/** Every engine with its limits: the Asterisks, and `sip` where that section is configured. */
export function enginesOf({ asterisks, sip }: EnginesConfig): Readonly<Record<string, EngineLimits>> {
  return sip === undefined ? asterisks : { ...asterisks, [sipEngine]: sip };
}

/** The names of the engines of a trunk, in the order of the configuration. */
export function asterisksOf({
  asterisk,
  asterisks,
  sip,
}: Pick<TrunkConfig, "asterisk" | "asterisks" | "sip">): readonly string[] {
  if (sip !== undefined) return [sipEngine];
  return asterisks ?? (asterisk === undefined ? [] : [asterisk]);
}

/** What drivers call a trunk: its PJSIP endpoint in Asterisk; of a trunk with `sip` its own name. */
export function endpointOf(name: string, { endpoint }: Pick<TrunkConfig, "endpoint">): string {
  return endpoint ?? name;
}

/** How an engine is called in messages to operators. */
export function engineInWords(name: string): string {
  return name === sipEngine ? "SIP" : `Asterisk ${name}`;
}
