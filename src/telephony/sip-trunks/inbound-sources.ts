/** Trunks of the configuration as sources of requests. */
import type { ConfiguredSource } from "../../sip/inbound/config-checks.ts";
import type { SourceTrunk } from "../../sip/inbound/trunks.ts";
import type { TransportProtocol } from "../../sip/transport/port.ts";
import type { SipTrunkConfig } from "./trunk-config.ts";

/** User part of the Contact that is registered for a trunk: an account named as an address has it before the @. Null: none. */
export function contactUserOf({ register, username }: SipTrunkConfig): string | null {
  return register === undefined ? null : (username?.split("@", 1)[0] ?? null);
}

const protocolOf = ({ transport, outbound_proxy: proxy }: SipTrunkConfig): TransportProtocol | undefined =>
  proxy?.transport ?? transport;

const lower = (texts: readonly string[] = []) => texts.map((text) => text.toLowerCase());

/** For the check of the configuration. @param takesCalls whether it has `inbound` */
export function configuredSource(name: string, sip: SipTrunkConfig, takesCalls: boolean): ConfiguredSource {
  const contactUser = contactUserOf(sip);
  return {
    ...{ name, path: ["trunks", name, "sip"], takesCalls },
    hosts: sip.outbound_proxy === undefined ? [sip.host] : [sip.host, sip.outbound_proxy.host],
    sources: sip.sources ?? [],
    domains: lower(sip.domains),
    certificateNames: lower(sip.tls?.client_names),
    ...(contactUser === null ? {} : { contactUser }),
  };
}

/** @param located where its requests go now: targets of `host` and of its `outbound_proxy` */
export function sourceTrunk(name: string, sip: SipTrunkConfig, located: SourceTrunk["located"]): SourceTrunk {
  const contactUser = contactUserOf(sip);
  const protocol = protocolOf(sip);
  return {
    ...{ name, located, sources: sip.sources ?? [] },
    ...(protocol === undefined ? {} : { protocol }),
    certificateNames: lower(sip.tls?.client_names),
    domains: lower(sip.domains),
    contactUsers: contactUser === null ? [] : [contactUser],
  };
}
