/** From a next hop to addresses: the rules of RFC 3263 sections 4.1 and 4.2. */
import type { NaptrRecord, SrvRecord } from "node:dns";
import { isIP } from "node:net";
import type { Target, TransportProtocol } from "../transport/port.ts";
import type { Group, Weighted } from "./order.ts";
import type { NextHop } from "./port.ts";
import type { Answer, Questions } from "./questions.ts";

export type Endpoint = Pick<Target, "protocol" | "address" | "port">;

export interface Resolution {
  /** Empty: the name has no address. */
  readonly groups: readonly Group<Endpoint>[];
  readonly ttlMs: number;
}

/** A question failed; what is known already counts on. */
export interface Unresolved {
  readonly failed: string;
}

/** Of the records of one answer; a carrier has two to eight. */
const maxRecords = 32;
/** Of one NAPTR answer: three transports, and as many again. */
const maxServices = 6;
/** Names of one hop that are asked for at the same time: a carrier's long list must not take the places of other trunks' questions. */
const namesAtOnce = 4;
/** Of one name, with both families. */
const maxAddresses = 16;
const defaultPorts = { udp: 5060, tcp: 5060, tls: 5061 } as const;
const services: ReadonlyMap<string, TransportProtocol> = new Map([
  ["SIP+D2U", "udp"],
  ["SIP+D2T", "tcp"],
  ["SIPS+D2T", "tls"],
]);
const srvPrefixes = { udp: "_sip._udp.", tcp: "_sip._tcp.", tls: "_sips._tcp." } as const;

/** An address as host, which no name server is asked for; null: a name. */
export function literalOf({ host, port, protocol = "udp" }: NextHop): Endpoint | null {
  return isIP(host) === 0 ? null : { protocol, address: host, port: port ?? defaultPorts[protocol] };
}

/**
 * @param ours the transports that we have, in the order in which they are taken where a name server does not say
 */
export async function resolve(
  hop: NextHop,
  questions: Questions,
  ours: readonly TransportProtocol[],
): Promise<Resolution | Unresolved> {
  const { port, protocol } = hop;
  const name = hop.host.replace(/\.$/, "");
  if (port !== undefined) return byAddress(name, protocol ?? "udp", port, questions);
  if (protocol !== undefined) {
    const found = await byService([{ protocol, name: srvPrefixes[protocol] + name }], questions);
    return found ?? byAddress(name, protocol, defaultPorts[protocol], questions);
  }
  const naptr = await questions.naptr(name);
  // Going on without it could take a trunk from TLS to UDP, because a name server had a bad minute.
  if (naptr.kind === "failed") return { failed: naptr.code };
  const offered = naptr.kind === "answered" ? offeredServices(naptr.records, ours) : [];
  const byNaptr = offered.length === 0 ? null : await byService(offered, questions);
  if (byNaptr !== null) return byNaptr;
  const usual = ours.map((one) => ({ protocol: one, name: srvPrefixes[one] + name }));
  return (await byService(usual, questions)) ?? byAddress(name, "udp", defaultPorts.udp, questions);
}

interface Service {
  readonly protocol: TransportProtocol;
  /** Where its SRV records are. */
  readonly name: string;
}

/**
 * Those that we have a transport for, of the lowest order that has one: a client does not go on to the next order (RFC 3403
 * section 4.1). A SIP name may lead to TLS, and never from there to a transport of another order.
 */
function offeredServices(records: readonly NaptrRecord[], ours: readonly TransportProtocol[]): Service[] {
  const usable = records
    .flatMap(({ service, flags, replacement, order, preference }) => {
      const protocol = services.get(service.toUpperCase());
      if (protocol === undefined || !ours.includes(protocol)) return [];
      return flags.toLowerCase() === "s" && replacement !== ""
        ? [{ protocol, name: replacement, order, preference }]
        : [];
    })
    .sort((a, b) => a.order - b.order || a.preference - b.preference);
  return usable.filter(({ order }) => order === usable[0]?.order).slice(0, maxServices);
}

/** @returns null where no service has SRV records */
async function byService(asked: readonly Service[], questions: Questions): Promise<Resolution | Unresolved | null> {
  const answers = await Promise.all(asked.map(({ name }) => questions.srv(name)));
  const groups: Group<Endpoint>[] = [];
  let ttlMs = Number.POSITIVE_INFINITY;
  let failed: string | null = null;
  let exists = false;
  for (const [at, { protocol }] of asked.entries()) {
    const answer = answers[at] as Answer<SrvRecord>;
    if (answer.kind === "failed") failed = answer.code;
    if (answer.kind !== "answered") continue;
    exists = true;
    const found = await addressesOf(answer.records, protocol, questions);
    if ("failed" in found) failed = found.failed;
    else groups.push(...found.groups);
    ttlMs = Math.min(ttlMs, answer.ttlMs, "failed" in found ? Number.POSITIVE_INFINITY : found.ttlMs);
  }
  if (groups.length > 0) return { groups, ttlMs };
  if (failed !== null) return { failed };
  return exists ? { groups: [], ttlMs } : null;
}

/** The groups of one service's SRV records, by priority. */
async function addressesOf(
  records: readonly SrvRecord[],
  protocol: TransportProtocol,
  questions: Questions,
): Promise<Resolution | Unresolved> {
  const usable = records
    // A target of `.` says that the service is decidedly not there (RFC 2782).
    .filter(({ name, port }) => name !== "" && name !== "." && port > 0)
    .sort((a, b) => a.priority - b.priority || b.weight - a.weight)
    .slice(0, maxRecords);
  const names = [...new Set(usable.map(({ name }) => name.toLowerCase()))];
  const answers = new Map<string, Answer<string>>();
  // All take from one list: a name that is slow holds up none that another can ask for.
  const waiting = names.values();
  const askInTurn = async () => {
    for (const name of waiting) answers.set(name, await questions.addresses(name));
  };
  await Promise.all(Array.from({ length: namesAtOnce }, askInTurn));
  const byPriority = new Map<number, Weighted<Endpoint>[]>();
  let ttlMs = Number.POSITIVE_INFINITY;
  let failed: string | null = null;
  for (const { name, port, priority, weight } of usable) {
    const answer = answers.get(name.toLowerCase());
    if (answer?.kind === "failed") failed = answer.code;
    if (answer?.kind !== "answered") continue;
    ttlMs = Math.min(ttlMs, answer.ttlMs);
    const targets = endpointsOf(answer.records, protocol, port);
    byPriority.set(priority, [...(byPriority.get(priority) ?? []), { weight, targets }]);
  }
  const groups = [...byPriority.values()];
  return groups.length === 0 && failed !== null ? { failed } : { groups, ttlMs };
}

async function byAddress(
  name: string,
  protocol: TransportProtocol,
  port: number,
  questions: Questions,
): Promise<Resolution | Unresolved> {
  const answer = await questions.addresses(name);
  if (answer.kind === "failed") return { failed: answer.code };
  if (answer.kind === "absent") return { groups: [], ttlMs: 0 };
  return { groups: [[{ weight: 0, targets: endpointsOf(answer.records, protocol, port) }]], ttlMs: answer.ttlMs };
}

/** By family, the first one's first: so the addresses came. */
function endpointsOf(addresses: readonly string[], protocol: TransportProtocol, port: number): Endpoint[][] {
  const byFamily = new Map<number, Endpoint[]>();
  for (const address of addresses.slice(0, maxAddresses)) {
    const family = isIP(address);
    byFamily.set(family, [...(byFamily.get(family) ?? []), { protocol, address, port }]);
  }
  return [...byFamily.values()];
}
