/** Trunks of the configuration as sources of requests. */
import type { ConfiguredSource } from "../../sip/inbound/config-checks.ts";
import type { SourceTrunk } from "../../sip/inbound/trunks.ts";
import type { Locator } from "../../sip/location/port.ts";
import type { Target, TransportProtocol } from "../../sip/transport/port.ts";
import type { SipTrunkConfig } from "./trunk-config.ts";
import type { TrunkPlan } from "./trunk-plans.ts";

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

/**
 * Where a trunk's requests go, and so where its own come from: as DNS says, and the server that keeps its registration, whatever
 * DNS says since.
 */
export function locatedOf(
  { config, hop }: Pick<TrunkPlan, "config" | "hop">,
  locator: Pick<Locator, "all">,
  registrar: Target | null,
): readonly Target[] {
  const own = [...locator.all(hop), ...(registrar === null ? [] : [registrar])];
  if (config.outbound_proxy === undefined) return own;
  const { host, port, transport } = config;
  const carrier = {
    host,
    ...(port === undefined ? {} : { port }),
    ...(transport === undefined ? {} : { protocol: transport }),
  };
  return [...own, ...locator.all(carrier)];
}
