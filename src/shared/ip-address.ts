/** IP addresses and CIDR blocks in settings. */
import { BlockList, isIP, isIPv4 } from "node:net";

/** The largest private blocks are 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193): a larger one contains other networks' addresses. */
const leastBits = { ipv4: 8, ipv6: 7 };
/** IPv4-mapped IPv6 addresses, ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
const mapped = { pattern: /^(::|(0{1,4}:){5})ffff:/i, bits: 96 };

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether a string is an IP address, or a CIDR block such as `10.0.0.0/8`. */
export function isAddressOrBlock(text: string): boolean {
  return bitsOf(text) !== null;
}

/** Whether a valid CIDR block is larger than any private network, so that it contains other networks' addresses. */
export function isTooWide(block: string): boolean {
  const bits = bitsOf(block);
  if (bits === null) return false;
  if (isIPv4(block.split("/")[0] ?? "")) return bits < leastBits.ipv4;
  if (mapped.pattern.test(block)) return bits < mapped.bits + leastBits.ipv4;
  return bits < leastBits.ipv6;
}

/** Whether a host is this machine itself: 127.0.0.0/8, ::1 (also in brackets) or `localhost`. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  const version = isIP(address);
  if (version === 0) return /^localhost\.?$/i.test(address);
  return loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Networks whose addresses name nobody in particular: private, loopback, link-local, shared (RFC 6598), unspecified, multicast. */
const notPublic = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["224.0.0.0", 3],
] as const) {
  notPublic.addSubnet(network, bits, "ipv4");
}
for (const [network, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  notPublic.addSubnet(network, bits, "ipv6");
}

/**
 * What one client of the internet has: an IPv4 address, the /64 of an IPv6 address. An IPv4 address mapped into IPv6 is that
 * address.
 * @returns null for what is no address, or one of no public network: a proxy's, which all clients share
 */
export function publicNetwork(ip: string): string | null {
  const version = isIP(ip);
  if (version === 0) return null;
  if (version === 4) return notPublic.check(ip, "ipv4") ? null : ip;
  const groups = groupsOf(ip);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6);
    return publicNetwork([high >> 8, high & 255, low >> 8, low & 255].join("."));
  }
  const plain = groups.map((group) => group.toString(16)).join(":");
  if (notPublic.check(plain, "ipv6")) return null;
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

/** The eight groups of a valid IPv6 address (RFC 4291, 2.2). */
function groupsOf(ip: string): readonly number[] {
  const [text = ""] = ip.split("%");
  const tail = /\d+\.\d+\.\d+\.\d+$/.exec(text)?.[0];
  const [a = 0, b = 0, c = 0, d = 0] = tail?.split(".").map(Number) ?? [];
  const hex =
    tail === undefined
      ? text
      : `${text.slice(0, -tail.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const [start = "", end] = hex.split("::");
  const read = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  if (end === undefined) return read(start);
  const [first, last] = [read(start), read(end)];
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}

/** Length of the prefix, that of a whole address where there is none; null for anything else. */
function bitsOf(text: string): number | null {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return null;
  const most = version === 4 ? 32 : 128;
  if (bits === undefined) return most;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? Number(bits) : null;
}
