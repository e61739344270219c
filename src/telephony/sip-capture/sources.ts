/** The sources that the capture accepts packets from: this host, and those that the operator lists. */
import { BlockList, isIPv6 } from "node:net";

export type IsAllowed = (address: string, family: "IPv4" | "IPv6") => boolean;

/** @param allowFrom addresses and CIDR blocks in addition to loopback */
export function allowedSources(allowFrom: readonly string[]): IsAllowed {
  const allowed = new BlockList();
  allowed.addSubnet("127.0.0.0", 8, "ipv4");
  allowed.addAddress("::1", "ipv6");
  for (const entry of allowFrom) {
    const [address = "", bits] = entry.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) allowed.addAddress(address, family);
    else allowed.addSubnet(address, Number(bits), family);
  }
  // Nearly every packet has the same source as the one before.
  let last = "";
  return (address, family) => {
    if (address === last) return true;
    if (!allowed.check(address, family === "IPv6" ? "ipv6" : "ipv4")) return false;
    last = address;
    return true;
  };
}
