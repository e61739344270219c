/** Proxies that could be anyone. */
import { isAddressOrBlock, isTooWide } from "../shared/ip-address.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { HttpConfig } from "./config.ts";

interface Sections {
  readonly http: HttpConfig;
}

export const httpChecks: readonly CrossCheck<Sections>[] = [{ reads: ["http"], problems: proxiesAreKnown }];

/** Names of blocks that Fastify knows (@fastify/proxy-addr). */
const namedBlocks: readonly string[] = ["loopback", "linklocal", "uniquelocal"];

/** Where any address counts as a proxy, each client chooses its own address for the rate limit and the log. */
function proxiesAreKnown({ http }: Sections, isSound: IsSound): Problem[] {
  return http.trust_proxy.flatMap((proxy, index) => {
    const path = ["http", "trust_proxy", index];
    if (!isSound(path) || namedBlocks.includes(proxy)) return [];
    const given = JSON.stringify(proxy.slice(0, 80));
    if (!isAddressOrBlock(proxy)) {
      return [{ path, given, expected: `an IP address, a CIDR block or one of ${namedBlocks.join(", ")}` }];
    }
    if (!isTooWide(proxy)) return [];
    const expected =
      "the addresses of your own proxies, at most a /8 of IPv4 or a /7 of IPv6: any client in a trusted block can forge its address by X-Forwarded-For";
    return [{ path, given, expected }];
  });
}
