/** Whether an address is among those that a trunk's calls come from. */
import { BlockList, isIPv4, isIPv6, SocketAddress } from "node:net";

/** The one text of an address: IPv4 out of IPv6 (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2), IPv6 compressed. */
export function canonicalAddress(address: string): string {
  if (isIPv4(address)) return address;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  return isIPv6(address) ? new SocketAddress({ address, family: "ipv6" }).address : address.toLowerCase();
}

/** @param entries addresses and CIDR blocks */
export function addressBlocks(entries: readonly string[]): (canonical: string) => boolean {
  if (entries.length === 0) return () => false;
  const blocks = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) blocks.addAddress(address, family);
    else blocks.addSubnet(address, Number(bits), family);
  }
  return (canonical) => blocks.check(canonical, isIPv6(canonical) ? "ipv6" : "ipv4");
}

/** Whether two addresses or CIDR blocks have an address in common. False where either is neither. */
export function blocksOverlap(one: string, other: string): boolean {
  const starts = (entry: string) => canonicalAddress(entry.split("/")[0] ?? "");
  const isAddress = (text: string) => isIPv4(text) || isIPv6(text);
  if (!isAddress(starts(one)) || !isAddress(starts(other))) return false;
  return addressBlocks([one])(starts(other)) || addressBlocks([other])(starts(one));
}
