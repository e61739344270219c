/**
 * Resolves names by DNS alone, in the event loop: for names that users bring. The operating system's lookup holds one of the few
 * threads that the process has for lookups as long as a name server does not answer: whoever brought such names would hold up the
 * names of carriers, mail servers and everybody else's endpoints.
 */
import type { promises as dns, LookupAddress } from "node:dns";
import { createResolver, isAbsent } from "../shared/name-server.ts";
import { type Resolve, systemResolve } from "./resolve.ts";

/** With the second try a name is given up well before the deadline of a request. */
const settings = { timeoutMs: 2000, tries: 2 };
/** So long one resolver is used: a new one reads anew which name servers the system has. */
const resolverMs = 60_000;

/** @param servers `address:port`, in tests; without them the system's */
export function createDnsResolve(servers: readonly string[] = []): Resolve {
  let resolver: dns.Resolver | null = null;
  let madeAtMs = 0;

  function current(): dns.Resolver {
    const nowMs = performance.now();
    if (resolver !== null && nowMs - madeAtMs < resolverMs) return resolver;
    resolver = createResolver({ ...settings, servers });
    madeAtMs = nowMs;
    return resolver;
  }

  async function resolve(name: string): Promise<readonly LookupAddress[]> {
    const asked = [current().resolve4(name), current().resolve6(name)] as const;
    const [four, six] = await Promise.allSettled(asked);
    const found = [
      ...(four.status === "fulfilled" ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === "fulfilled" ? six.value.map((address) => ({ address, family: 6 })) : []),
    ];
    if (found.length > 0) return found;
    // As the system's lookup says it: a name without addresses, or servers that did not answer.
    const codes = [four, six].flatMap((one) => (one.status === "rejected" ? [String(one.reason.code)] : []));
    const code = codes.every(isAbsent) ? "ENOTFOUND" : "EAI_AGAIN";
    throw Object.assign(new Error(`no address (${code})`), { code });
  }

  return (name, done) => {
    resolve(name).then(
      (addresses) => done(null, addresses),
      (error: NodeJS.ErrnoException) => done(error, []),
    );
  };
}

const byDns = createDnsResolve();

/**
 * How names that users bring are resolved. In the operator's own networks they may be in files and services that only the operating
 * system knows.
 */
export const resolveForUsers = (allowPrivate: boolean): Resolve => (allowPrivate ? systemResolve : byDns);
