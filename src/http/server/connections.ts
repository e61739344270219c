/** Limits the number of connections, and selects the one to close above the limit. */
import { BlockList, isIPv6, type Socket } from "node:net";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import type { HttpConfig } from "../config.ts";

/** Above this limit Node itself drops connections: only if too many are busy to close any. */
const busyReserve = 100;

/**
 * Above `max_connections`, and above `max_connections_per_address` for one address, the connection that has been idle
 * longest is closed: clients reopen a kept-alive connection at no loss, whereas a refused one is an outage. Where all are
 * busy the new one is closed. Loopback and `trust_proxy` addresses represent many clients and have no limit of their own.
 */
export function limitConnections(
  server: FastifyInstance,
  http: Pick<HttpConfig, "max_connections" | "max_connections_per_address" | "trust_proxy">,
): void {
  const all = new Connections(http.max_connections);
  const byAddress = new Map<string, Connections>();
  const groupsOf = new WeakMap<Socket, readonly Connections[]>();
  const isProxy = proxies(http.trust_proxy);
  server.server.maxConnections = http.max_connections + busyReserve;

  server.server.on("connection", (socket: Socket) => {
    const { remoteAddress } = socket;
    // Already closed.
    if (remoteAddress === undefined) return void socket.destroy();
    const groups = [all];
    // As the rate limit counts clients without a key: by IPv4 address, or the /64 of an IPv6 address.
    const address = rateLimit.normalizeIP(remoteAddress);
    if (!isProxy(remoteAddress)) {
      const ofAddress = byAddress.get(address) ?? new Connections(http.max_connections_per_address);
      byAddress.set(address, ofAddress);
      groups.unshift(ofAddress);
    }
    groupsOf.set(socket, groups);
    socket.once("close", () => {
      for (const group of groups) group.remove(socket);
      if (groups.length > 1 && groups[0]?.isEmpty) byAddress.delete(address);
    });
    for (const group of groups) {
      if (socket.destroyed) return;
      group.add(socket);
    }
  });
  server.server.on("request", ({ socket }, response) => {
    const groups = groupsOf.get(socket) ?? [];
    for (const group of groups) group.busy(socket);
    response.once("close", () => {
      if (!socket.destroyed) for (const group of groups) group.idle(socket);
    });
  });
}

/** A set of connections with a limit. */
class Connections {
  readonly #limit: number;
  /** Requests in progress on each open connection. */
  readonly #open = new Map<Socket, number>();
  /** Those without one; the longest idle first. */
  readonly #idle = new Set<Socket>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** Closes the longest idle one above the limit: the new one itself where all others are busy. */
  add(socket: Socket): void {
    this.#open.set(socket, 0);
    this.#idle.add(socket);
    if (this.#open.size <= this.#limit) return;
    const [longestIdle = socket] = this.#idle;
    // Removed at once: `close` comes one event-loop iteration later, and a burst would close twice as many.
    this.remove(longestIdle);
    longestIdle.destroy();
  }

  busy(socket: Socket): void {
    const requests = this.#open.get(socket);
    if (requests === undefined) return;
    this.#open.set(socket, requests + 1);
    this.#idle.delete(socket);
  }

  idle(socket: Socket): void {
    const requests = (this.#open.get(socket) ?? 0) - 1;
    if (requests < 0) return;
    this.#open.set(socket, requests);
    if (requests === 0) this.#idle.add(socket);
  }

  remove(socket: Socket): void {
    this.#open.delete(socket);
    this.#idle.delete(socket);
  }
}

/** The blocks of the names in `trust_proxy`, as in Express and Fastify. */
const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/** @param trusted addresses, CIDR blocks, or the names above @returns whether an address is loopback or one of them */
function proxies(trusted: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of ["loopback", ...trusted].flatMap((each) => named[each] ?? [each])) {
    const [network = "", prefix] = entry.split("/");
    const family = isIPv6(network) ? "ipv6" : "ipv4";
    list.addSubnet(network, prefix === undefined ? (family === "ipv6" ? 128 : 32) : Number(prefix), family);
  }
  return (address) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
