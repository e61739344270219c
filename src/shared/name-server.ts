/** Questions to name servers, by Node's c-ares: what its errors mean, and a resolver with limits. */
import { promises as dns } from "node:dns";

/** The name does not exist, or has no records of this type: an answer, no failure. */
const absent: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);

/** @param code of an error of node:dns */
export function isAbsent(code: string): boolean {
  return absent.has(code);
}

export interface NameServerOptions {
  /** `address` or `address:port`, IPv6 in brackets; empty: the system's. */
  readonly servers: readonly string[];
  /** For one try at one server; milliseconds. */
  readonly timeoutMs: number;
  readonly tries: number;
}

/** c-ares draws a random id and port for each question, and asks again over TCP where an answer did not fit. */
export function createResolver({ servers, timeoutMs, tries }: NameServerOptions): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: timeoutMs, tries });
  if (servers.length > 0) resolver.setServers(servers);
  return resolver;
}
