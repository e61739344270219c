/** Which trunk a request comes from: by source address, protocol and certificate; of several at one address by its URIs. */
import { readAddress } from "../header.ts";
import { onlyHeaderOf, type SipRequestMessage } from "../message.ts";
import type { Flow, Target, TransportProtocol } from "../transport/port.ts";
import { addressBlocks, canonicalAddress } from "./addresses.ts";
import { readUri } from "./uri.ts";

/** A trunk as the source of requests. */
export interface SourceTrunk {
  readonly name: string;
  /** Where its calls go, as last located (RFC 3263): its requests come from there too. */
  located(): readonly Target[];
  /** Further addresses and CIDR blocks. */
  readonly sources: readonly string[];
  /** Of the trunk's own calls; undefined: NAPTR decides. Over a weaker one nothing is taken, see `isAsStrong`. */
  readonly protocol?: TransportProtocol;
  /** Given: only over TLS, with a verified certificate for one of these names (RFC 5922 section 7). In lower case. */
  readonly certificateNames: readonly string[];
  /** Hosts of Request-URI or To that mean this trunk, where several have one address. In lower case. */
  readonly domains: readonly string[];
  /** User parts of the Contacts that are registered for it (RFC 3261 section 10). */
  readonly contactUsers: readonly string[];
}

export interface SourceTrunks {
  /** The names of all trunks that have this address, as one text; a stranger's: the address. */
  nameOf(address: string): string;
  /** All trunks that a request of this flow may belong to; none: a stranger. */
  at(flow: Flow): readonly SourceTrunk[];
  /** Whether any trunk has this address and takes this protocol: before anything is known of the far end's certificate. */
  knows(address: string, protocol: TransportProtocol): boolean;
}

/** How long a verdict over an address counts: names in DNS change. */
const refreshMs = 1000;
/** Addresses with a verdict, strangers' too. */
const maxVerdicts = 4096;

interface Verdict {
  readonly trunks: readonly SourceTrunk[];
  readonly names: string;
}

/** @param nowMs monotonic */
export function createSourceTrunks(trunks: readonly SourceTrunk[], nowMs: () => number): SourceTrunks {
  const known = trunks.map((trunk) => ({ trunk, inBlocks: addressBlocks(trunk.sources) }));
  const inAnyBlock = addressBlocks(trunks.flatMap(({ sources }) => sources));
  const verdicts = new Map<string, Verdict>();
  /** Who was located where, so that a stranger's address costs two look-ups, however many trunks there are. */
  let located = new Map<string, Set<SourceTrunk>>();
  let untilMs = Number.NEGATIVE_INFINITY;

  function locate(): void {
    located = new Map();
    for (const trunk of trunks) {
      for (const { address } of trunk.located()) {
        const canonical = canonicalAddress(address);
        const there = located.get(canonical);
        if (there === undefined) located.set(canonical, new Set([trunk]));
        else there.add(trunk);
      }
    }
  }

  function judge(address: string): Verdict {
    const canonical = canonicalAddress(address);
    const there = located.get(canonical);
    if (there === undefined && !inAnyBlock(canonical)) return { trunks: nobody, names: address };
    const having = known.filter(({ trunk, inBlocks }) => there?.has(trunk) === true || inBlocks(canonical));
    return { trunks: having.map(({ trunk }) => trunk), names: having.map(({ trunk }) => trunk.name).join(" ") };
  }

  function verdictOn(address: string): Verdict {
    const now = nowMs();
    if (now >= untilMs) {
      locate();
      verdicts.clear();
      untilMs = now + refreshMs;
    }
    let verdict = verdicts.get(address);
    if (verdict === undefined) {
      verdict = judge(address);
      if (verdicts.size >= maxVerdicts) verdicts.clear();
      verdicts.set(address, verdict);
    }
    return verdict;
  }

  const havingAddress = (address: string) => verdictOn(address).trunks;

  return {
    nameOf: (address) => verdictOn(address).names,
    at(flow) {
      const found = havingAddress(flow.remote.address);
      const fits = (trunk: SourceTrunk) => isAsStrong(flow.protocol, trunk.protocol) && hasName(flow, trunk);
      return found.every(fits) ? found : found.filter(fits);
    },
    knows: (address, protocol) => havingAddress(address).some((trunk) => isAsStrong(protocol, trunk.protocol)),
  };
}

const nobody: readonly SourceTrunk[] = [];

/**
 * A trunk that is called over TLS is not believed over less, nor one over TCP over UDP, whose source address anyone can
 * write. The other way round is fine: a large request is sent over TCP though the trunk is UDP (section 18.1.1).
 */
function isAsStrong(protocol: TransportProtocol, configured: TransportProtocol | undefined): boolean {
  if (configured === "tls") return protocol === "tls";
  return configured !== "tcp" || protocol !== "udp";
}

function hasName({ protocol, certificateNames }: Flow, trunk: SourceTrunk): boolean {
  if (trunk.certificateNames.length === 0) return true;
  const names = protocol === "tls" ? (certificateNames ?? []) : [];
  return names.some((name) => trunk.certificateNames.includes(name.toLowerCase()));
}

/**
 * The one trunk of several with one address: by the registered Contact that was called, then by the Request-URI's domain,
 * then by To's.
 * @returns null where that leaves none or several
 */
export function trunkOf(request: SipRequestMessage, candidates: readonly SourceTrunk[]): SourceTrunk | null {
  if (candidates.length <= 1) return candidates[0] ?? null;
  const called = readUri(request.uri);
  const to = readUri(readAddress(onlyHeaderOf(request, "to") ?? "")?.uri ?? "");
  const rules: readonly ((trunk: SourceTrunk) => boolean)[] = [
    (trunk) => called !== null && trunk.contactUsers.includes(called.user),
    (trunk) => called !== null && trunk.domains.includes(called.host),
    (trunk) => to !== null && trunk.domains.includes(to.host),
  ];
  for (const rule of rules) {
    const found = candidates.filter(rule);
    if (found.length > 0) return found.length === 1 ? (found[0] ?? null) : null;
  }
  return null;
}
