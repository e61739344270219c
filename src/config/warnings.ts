/** Settings that are valid and may still be a mistake; the gateway logs them when it starts. */
import { isLoopback } from "../shared/ip-address.ts";
import type { Config } from "./schema.ts";

/**
 * One sentence for each. Not an error for `http.host`: in a container every address is listened on, and what may reach it
 * is decided outside.
 */
export function configWarnings({ http }: Config): readonly string[] {
  if (isLoopback(http.host) || http.trust_proxy.length > 0) return [];
  return [
    `http.host is ${http.host} and http.trust_proxy is empty: API keys cross the network unencrypted, or, behind a proxy, all clients share the proxy's rate limit. Put TLS in front and name the proxy in http.trust_proxy.`,
  ];
}
