/** Our own end of SIP, as the section `sip` describes it: addresses, ports, and what far ends see of them. */
import { isIP, isIPv6 } from "node:net";
import type { TransportOptions } from "../../sip/transport/index.ts";
import type { SocketAddress } from "../../sip/transport/port.ts";
import type { SipConfig } from "./config.ts";

export const userAgent = "OneRing";

/** The families of our own addresses, that of `host` first. */
export function familiesOf({ host, host_ipv6: second }: SipConfig): readonly (4 | 6)[] {
  if (isIPv6(host)) return [6];
  return second === undefined ? [4] : [4, 6];
}

/** What is bound, and what Via and Contact show. */
export function listening(sip: SipConfig): Pick<TransportOptions, "udp" | "tcp" | "tls" | "publicHost"> {
  const { host, host_ipv6: second, public_host: shown, udp_port: udpPort, tcp_port: tcpPort, tls } = sip;
  const at = (port: number): SocketAddress[] =>
    [host, ...(second === undefined ? [] : [second])].map((address) => ({ address, port }));
  const { certificate, private_key: key, port: tlsPort, ca } = tls ?? {};
  return {
    udp: at(udpPort),
    ...(tcpPort === undefined ? {} : { tcp: at(tcpPort) }),
    ...(tlsPort === undefined || certificate === undefined || key === undefined
      ? {}
      : { tls: { addresses: at(tlsPort), certificate, key, ...(ca === undefined ? {} : { clientCa: ca }) } }),
    ...(shown === undefined ? {} : { publicHost: publicHostOf(shown, host) }),
  };
}

/** For calls beside a gateway that has the ports: any UDP port, and nothing is accepted. */
export function besideGateway(sip: SipConfig): ReturnType<typeof listening> {
  const { udp = [], publicHost } = listening(sip);
  return { udp: udp.map(({ address }) => ({ address, port: 0 })), ...(publicHost && { publicHost }) };
}

/** An address counts for its own family, a name for that of `host`. */
function publicHostOf(shown: string, host: string): NonNullable<TransportOptions["publicHost"]> {
  return isIPv6(isIP(shown) === 0 ? host : shown) ? { ipv6: shown } : { ipv4: shown };
}
