/**
 * Which addresses requests may go to. A name that somebody else controls can resolve to anything, so an address is
 * allowed only where it is public, or of the operator's own network where the operator has said so.
 */
import { BlockList, isIP } from "node:net";

/** Not globally reachable, by the registries of IANA (RFC 6890, 8190), and what clouds answer on beside them. */
const special = blocks([
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // shared address space (CGNAT)
  ["127.0.0.0", 8],
  ["168.63.129.16", 32], // Azure's host services
  ["169.254.0.0", 16], // link-local, and the metadata of most clouds
  ["172.16.0.0", 12],
  ["192.0.0.0", 24], // protocol assignments, and Oracle's metadata
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16],
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
  // Of IPv6 see `globalUnicast`; these lie inside it.
  ["2001::", 23], // protocol assignments, Teredo among them
  ["2001:db8::", 32],
  ["2002::", 16], // 6to4: any IPv4 address inside
  ["3fff::", 20], // documentation
]);

/** All that is assigned as global unicast. IPv4-mapped, NAT64, unique local and link-local addresses lie outside. */
const globalUnicast = blocks([["2000::", 3]]);

/** The networks that an operator can mean by `allow_private`. */
const own = blocks([
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["::1", 128],
  ["fc00::", 7],
]);

/** Metadata services inside those: they give a machine's credentials to whoever asks. */
const metadata = blocks([
  ["100.100.100.200", 32],
  ["fd00:ec2::254", 128],
  ["fd20:ce::254", 128],
]);

/** IPv4-mapped: BlockList compares them as IPv4 too. No resolver has a reason to give one. */
const mapped = blocks([["::ffff:0:0", 96]]);

/** Whether an IPv4 or IPv6 address is globally reachable; false for anything that is no address. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !special.check(address, "ipv4");
  // A zone (%eth0) belongs to link-local addresses.
  if (version === 0 || address.includes("%")) return false;
  return globalUnicast.check(address, "ipv6") && !special.check(address, "ipv6");
}

/** Whether requests may go to an address. @param allowPrivate the operator's own networks too; metadata never */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  if (isPublicAddress(address)) return true;
  const version = isIP(address);
  if (!allowPrivate || version === 0 || address.includes("%")) return false;
  if (version === 4) return own.check(address, "ipv4") && !metadata.check(address, "ipv4");
  return own.check(address, "ipv6") && !metadata.check(address, "ipv6") && !mapped.check(address, "ipv6");
}

function blocks(list: readonly (readonly [string, number])[]): BlockList {
  const result = new BlockList();
  for (const [address, bits] of list) result.addSubnet(address, bits, address.includes(":") ? "ipv6" : "ipv4");
  return result;
}
