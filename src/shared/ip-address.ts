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

/** Length of the prefix, that of a whole address where there is none; null for anything else. */
function bitsOf(text: string): number | null {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return null;
  const most = version === 4 ? 32 : 128;
  if (bits === undefined) return most;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? Number(bits) : null;
}
