/** UDP (RFC 3261 section 18): one bound socket a family, which also sends, so that answers find it (RFC 3581). */
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { parseMessage } from "../message.ts";
import type { FlowContext } from "./context.ts";
import type { TransportOptions } from "./options.ts";
import { canonical, familyOf, sentByOf } from "./own-address.ts";
import type { ConnectionRules, Flow, SocketAddress } from "./port.ts";
import { UdpFlow } from "./udp-flow.ts";
import { UdpFlows } from "./udp-flows.ts";

/** Asked of the kernel, which gives less where its limits say so: what comes while the event loop is busy waits here. */
const socketBufferBytes = 4 * 1024 * 1024;

export interface UdpEndpoint {
  readonly bound: SocketAddress;
  /** For requests of ours. */
  flowTo(remote: SocketAddress, rules?: ConnectionRules): Flow;
  /** For responses that go to another port than their request came from. */
  replyTo(remote: SocketAddress): Flow;
  tick(nowMs: number): void;
  close(): Promise<void>;
}

/** @throws where the address or port cannot be bound */
export async function openUdpEndpoint(
  address: SocketAddress,
  { admits, publicHost }: TransportOptions,
  context: FlowContext,
): Promise<UdpEndpoint> {
  const family = familyOf(address.address);
  const socket = createSocket({
    type: family === "ipv6" ? "udp6" : "udp4",
    ipv6Only: family === "ipv6",
    recvBufferSize: socketBufferBytes,
    sendBufferSize: socketBufferBytes,
    // Only addresses are sent to. Without this each datagram waits for another turn.
    lookup: (host, _options, callback) => callback(null, host, family === "ipv6" ? 6 : 4),
  });
  // With that lookup it listens within the call.
  const listening = once(socket, "listening");
  socket.bind({ address: address.address, port: address.port, exclusive: true });
  try {
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  const bound = { address: address.address, port: socket.address().port };
  const flows = new UdpFlows(
    (remote) => new UdpFlow(remote, sentByOf(remote.address, bound, null, publicHost), socket, context),
    context.limits.udpFlows,
  );

  function receive(datagram: Buffer, from: RemoteInfo) {
    try {
      read(datagram, from);
    } catch (error) {
      context.failed(error);
    }
  }

  function read(datagram: Buffer, from: RemoteInfo) {
    const known = flows.find(from.address, from.port);
    if (known?.isOwn !== true && admits !== undefined && !admits(from.address, "udp")) {
      context.counters.unknownSources += 1;
      return;
    }
    // Port 0 says that no answer is expected (RFC 768), and none can be sent there.
    if (from.port === 0) {
      context.counters.malformed += 1;
      return;
    }
    const atMs = context.nowMs();
    const message = datagram.length > context.limits.messageBytes ? null : parseMessage(datagram);
    if (message === null) {
      if (!isKeepAlive(datagram)) context.counters.malformed += 1;
      return;
    }
    const flow = known?.open === true ? known : flows.other(from.address, from.port);
    context.observer?.("in", datagram.toString("latin1"), flow, atMs);
    context.received(message, flow, atMs);
  }

  socket.on("message", receive);
  // Those of a datagram come to its flow.
  socket.on("error", () => undefined);

  return {
    bound,
    flowTo: ({ address: remote, port }, rules) => flows.own(canonical(remote), port, rules),
    replyTo: ({ address: remote, port }) => flows.other(canonical(remote), port),
    tick: (nowMs) => flows.tick(nowMs),
    async close() {
      flows.close();
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}

/** Line breaks or zeros alone keep a NAT open; an empty datagram does too. */
function isKeepAlive(datagram: Buffer): boolean {
  return datagram.length <= 4 && datagram.every((byte) => byte === 0x0d || byte === 0x0a || byte === 0);
}
