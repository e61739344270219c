/** What is valid in the configuration of SIP trunks, and will still not work at most carriers. Connects to nothing. */
import { isIP } from "node:net";
import { isLoopback, publicNetwork } from "../shared/ip-address.ts";
import type { SipConfig } from "../telephony/sip-trunks/config.ts";
import type { SipTrunkConfig } from "../telephony/sip-trunks/trunk-config.ts";
import { type Finding, hint, warn } from "./finding.ts";

interface Sections {
  readonly sip?: SipConfig;
  readonly trunks: Readonly<Record<string, { readonly sip?: SipTrunkConfig; readonly inbound?: unknown }>>;
}

export function examineSipTrunkRules({ sip, trunks }: Sections): Finding[] {
  if (sip === undefined) return [];
  const own = Object.entries(trunks).flatMap(([name, trunk]) =>
    trunk.sip === undefined ? [] : [{ name, trunk: trunk.sip, takesCalls: trunk.inbound !== undefined }],
  );
  return [
    ...natFindings(sip, own),
    ...own.flatMap((one) => [...callerIdFindings(sip, one), ...inboundFindings(sip, one)]),
  ];
}

interface Named {
  readonly name: string;
  readonly trunk: SipTrunkConfig;
  readonly takesCalls: boolean;
}

function isPrivate(address: string): boolean {
  return isIP(address) !== 0 && publicNetwork(address) === null;
}

function natFindings({ host, public_host: shown }: SipConfig, own: readonly Named[]): Finding[] {
  const far = own.filter(({ trunk }) => !isPrivate(trunk.host) && trunk.host.includes("."));
  if (shown !== undefined || !isPrivate(host) || far.length === 0) return [];
  if (isLoopback(host)) {
    const fix = "Set sip.host to an address of this machine that the carriers reach; behind NAT sip.public_host too.";
    return [warn(`SIP: carriers are told to answer to ${host}, which only this machine reaches`, fix)];
  }
  return [
    hint(
      `SIP: carriers are told to answer to ${host}, an address of a private network`,
      "Behind NAT set sip.public_host to the address that they see: calls in, and hang-ups of theirs, go there.",
    ),
  ];
}

function callerIdFindings(sip: SipConfig, { name, trunk }: Named): Finding[] {
  if (trunk.identity.privacy === "id") {
    const fix = "Use it for live checks alone, or leave out trunks.*.sip.identity.privacy.";
    return [warn(`Trunk ${name}: it withholds the caller ID, so no missed call over it can be verified`, fix)];
  }
  if (trunk.username === undefined || trunk.from_domain !== undefined) return [];
  return [
    hint(
      `Trunk ${name}: From has our own address (${sip.public_host ?? sip.host}) as domain, beside an account`,
      `Most carriers with accounts want theirs: set trunks.${name}.sip.from_domain, mostly to ${trunk.host}.`,
    ),
  ];
}

/** A trunk that registers is called over the connection of its registration. */
function inboundFindings(sip: SipConfig, { name, trunk, takesCalls }: Named): Finding[] {
  const transport = trunk.outbound_proxy?.transport ?? trunk.transport;
  if (!takesCalls || trunk.register !== undefined || transport === undefined || transport === "udp") return [];
  const isOpen = sip.tls?.port !== undefined || (transport === "tcp" && sip.tcp_port !== undefined);
  if (isOpen) return [];
  const key = transport === "tcp" ? "sip.tcp_port" : "sip.tls.port, with a certificate";
  return [
    warn(
      `Trunk ${name}: calls in over ${transport.toUpperCase()} cannot reach this gateway, which accepts no such connections`,
      `Set ${key}. Calls in over a weaker transport are not believed on this trunk.`,
    ),
  ];
}
