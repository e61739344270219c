/** What our Via and Contact show to a far end. */
import { isIPv6, SocketAddress as NodeSocketAddress } from "node:net";
import { networkInterfaces } from "node:os";
import { isLoopback } from "../../shared/ip-address.ts";
import type { TransportOptions } from "./options.ts";
import type { SocketAddress } from "./port.ts";

export type Family = "ipv4" | "ipv6";

export const familyOf = (address: string): Family => (isIPv6(address) ? "ipv6" : "ipv4");

/** One spelling for each IPv6 address: the one in which the system shows sources. */
export function canonical(address: string): string {
  return isIPv6(address) ? new NodeSocketAddress({ address, family: "ipv6" }).address : address;
}

export const isWildcard = (address: string): boolean => address === "0.0.0.0" || address === "::";

/** `192.0.2.1:5060`, `[2001:db8::1]:5060`. */
export function hostPort({ address, port }: SocketAddress): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * The host and port of Via: the configured public host; else the address that is bound; else that of this connection; else,
 * for UDP on all addresses, the machine's first of that family that is not loopback. A machine with several needs one of the
 * first two.
 * @param bound of this protocol and family, where there is a listening port
 * @param local this end of a connection
 */
export function sentByOf(
  remote: string,
  bound: SocketAddress | null,
  local: SocketAddress | null,
  publicHost: TransportOptions["publicHost"],
): string {
  const family = familyOf(remote);
  const port = bound?.port ?? local?.port ?? 0;
  const configured = publicHost?.[family];
  if (configured !== undefined) return hostPort({ address: configured, port });
  const isSpecific = bound !== null && !isWildcard(bound.address);
  return hostPort({ address: isSpecific ? bound.address : (local?.address ?? interfaceAddress(remote)), port });
}

function interfaceAddress(remote: string): string {
  const family = familyOf(remote);
  const loopback = family === "ipv6" ? "::1" : "127.0.0.1";
  if (isLoopback(remote)) return loopback;
  const wanted = family === "ipv6" ? "IPv6" : "IPv4";
  const isUsable = (address: string) => !/^fe80:/i.test(address);
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find((one) => one.family === wanted && !one.internal && isUsable(one.address))?.address ?? loopback;
}
