/** The transports of one SIP stack: UDP, TCP and TLS (RFC 3261 section 18), of both families. */
import { createAcceptor } from "./acceptor.ts";
import { createConnector } from "./connector.ts";
import { createFlowContext } from "./context.ts";
import type { TransportOptions } from "./options.ts";
import { type Family, familyOf, isWildcard, sentByOf } from "./own-address.ts";
import {
  type Flow,
  FlowError,
  type RenewableTransports,
  type SocketAddress,
  type Target,
  type TransportProtocol,
  type TransportStatus,
  type Transports,
} from "./port.ts";
import { openUdpEndpoint, type UdpEndpoint } from "./udp.ts";

export type { TlsListening, TransportLimits, TransportOptions } from "./options.ts";

/** How often flows are looked at: what takes too long is noticed this much later. */
const tickMs = 1000;

/** @throws where the PEM texts of `tls` cannot be read */
export function createTransports(options: TransportOptions): Transports & TransportStatus & RenewableTransports {
  const { clock, publicHost } = options;
  let onMessage: Parameters<Transports["onMessage"]>[0] = () => undefined;
  let onClosed: Parameters<Transports["onClosed"]>[0] = () => undefined;
  const context = createFlowContext(options, {
    message: (message, flow, atMs) => onMessage(message, flow, atMs),
    closed: (flow, reason) => onClosed(flow, reason),
  });
  const bound: (SocketAddress & { readonly protocol: TransportProtocol })[] = [];
  const udp = new Map<Family, UdpEndpoint>();
  let stopTicks = () => {};
  let stopped = false;

  const boundTo = (protocol: TransportProtocol, remote: string) =>
    bound.find((one) => one.protocol === protocol && familyOf(one.address) === familyOf(remote)) ?? null;

  const sentBy = (protocol: TransportProtocol, remote: string, local: SocketAddress) =>
    sentByOf(remote, boundTo(protocol, remote), local, publicHost);

  const connector = createConnector(
    options,
    {
      sentBy: (target, local) => sentBy(target.protocol, target.address, local),
      localAddress(target) {
        const own = boundTo(target.protocol, target.address) ?? boundTo("udp", target.address);
        return own === null || isWildcard(own.address) ? null : own.address;
      },
    },
    context,
  );
  const acceptor = createAcceptor(
    options,
    (protocol, local, remote) => sentBy(protocol, remote.address, local),
    context,
  );

  function tick() {
    stopTicks = clock.after(tickMs, tick);
    const nowMs = context.nowMs();
    for (const endpoint of udp.values()) endpoint.tick(nowMs);
    for (const flow of connector.flows) flow.tick(nowMs);
    for (const flow of acceptor.flows) flow.tick(nowMs);
  }

  function flowTo(target: Target): Flow | null {
    if (stopped) return null;
    if (target.protocol === "udp") return udp.get(familyOf(target.address))?.flowTo(target, target.rules) ?? null;
    const flow = connector.flowTo(target);
    if (flow !== null || target.rules?.reuseInbound !== true) return flow;
    return acceptor.flowFrom(target);
  }

  return {
    counters: context.counters,
    get bound() {
      return bound;
    },
    get connections() {
      return { open: connector.size + acceptor.size, inbound: acceptor.size };
    },
    certificateEnds() {
      const ends = new Map<string, number>();
      const note = (name: string, atMs: number) => void ends.set(name, Math.min(atMs, ends.get(name) ?? atMs));
      for (const { open, rulesName = "", certificateExpiresAtMs: atMs } of connector.flows) {
        if (open && atMs !== undefined) note(rulesName, atMs);
      }
      for (const [name, atMs] of connector.refusedCertificates()) note(name, atMs);
      return ends;
    },
    renewTls: acceptor.renewTls,
    async start() {
      for (const address of options.udp ?? []) {
        const endpoint = await openUdpEndpoint(address, options, context);
        udp.set(familyOf(address.address), endpoint);
        bound.push({ protocol: "udp", ...endpoint.bound });
      }
      const { tcp = [], tls } = options;
      for (const address of tcp) bound.push({ protocol: "tcp", ...(await acceptor.listen("tcp", address)) });
      for (const address of tls?.addresses ?? []) {
        bound.push({ protocol: "tls", ...(await acceptor.listen("tls", address)) });
      }
      stopTicks = clock.after(tickMs, tick);
    },
    async stop() {
      stopped = true;
      stopTicks();
      await Promise.all([connector.stop(), acceptor.stop(), ...[...udp.values()].map((endpoint) => endpoint.close())]);
      udp.clear();
    },
    flowTo,
    replyTo(address, port) {
      return stopped ? null : (udp.get(familyOf(address))?.replyTo({ address, port }) ?? null);
    },
    async connect(target) {
      const open = flowTo(target);
      if (open !== null) return open;
      if (target.protocol !== "udp") return connector.connect(target);
      throw new FlowError(stopped ? "stopped" : "refused", `no UDP socket for ${familyOf(target.address)}`);
    },
    onMessage(receiver) {
      onMessage = receiver;
    },
    onClosed(receiver) {
      onClosed = receiver;
    },
  };
}
