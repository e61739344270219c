/** UDP (RFC 3261 section 18): one bound socket a family, which also sends, so that answers find it (RFC 3581). */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { parseMessage } from "../message.ts";
import type { FlowContext } from "./context.ts";
import type { TransportOptions } from "./options.ts";
import { canonical, familyOf, sentByOf } from "./own-address.ts";
import type { ConnectionRules, Flow, SocketAddress } from "./port.ts";

/** A datagram's payload, less than 64 KiB by the headers of IPv4 and UDP. */
const maxDatagramBytes = 65_507;
/** Asked of the kernel, which gives less where its limits say so: what comes while the event loop is busy waits here. */
const socketBufferBytes = 4 * 1024 * 1024;
/** Datagrams that the kernel did not take yet. */
const maxQueued = 10_000;
const keepAlive = Buffer.from("\r\n");

class UdpFlow implements Flow {
  readonly protocol = "udp";
  readonly reliable = false;
  readonly remote: SocketAddress;
  readonly sentBy: string;
  open = true;
  /** We sent to it, so it may answer. */
  asked = false;
  keepAliveMs = 0;
  sentAtMs = 0;
  readonly #socket: Socket;
  readonly #context: FlowContext;

  constructor(remote: SocketAddress, sentBy: string, socket: Socket, context: FlowContext) {
    this.remote = remote;
    this.sentBy = sentBy;
    this.#socket = socket;
    this.#context = context;
  }

  send(message: string): boolean {
    if (!this.open) return false;
    const { limits, counters } = this.#context;
    if (message.length > (message.startsWith("SIP/2.0 ") ? maxDatagramBytes : limits.udpRequestBytes)) {
      counters.tooLarge += 1;
      return false;
    }
    if (!this.#write(Buffer.from(message, "latin1"))) return false;
    this.#context.sent(message, this);
    return true;
  }

  tick(nowMs: number) {
    if (this.open && this.keepAliveMs > 0 && nowMs - this.sentAtMs >= this.keepAliveMs) this.#write(keepAlive);
  }

  close(reason: string) {
    if (!this.open) return;
    this.open = false;
    this.#context.closed(this, reason);
  }

  #write(datagram: Buffer): boolean {
    try {
      if (this.#socket.getSendQueueCount() > maxQueued) {
        this.#context.counters.deadFlows += 1;
        this.close("the network takes no datagrams");
        return false;
      }
      if (this.keepAliveMs > 0) this.sentAtMs = this.#context.nowMs();
      this.#socket.send(datagram, this.remote.port, this.remote.address, this.#afterSend);
      return true;
    } catch (error) {
      // Port 0, or a socket that was closed: node:dgram throws.
      this.close(error instanceof Error ? error.message : "nothing was sent");
      return false;
    }
  }

  /** No route, or none for datagrams of this size. */
  readonly #afterSend = (error: Error | null) => {
    if (error !== null) this.close(error.message);
  };
}

export interface UdpEndpoint {
  readonly bound: SocketAddress;
  /** @param asked it is for requests of ours */
  flowTo(remote: SocketAddress, rules?: ConnectionRules): Flow;
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
  const flows = new Map<string, UdpFlow>();
  const keptAlive = new Set<UdpFlow>();

  function flowOf(remote: string, port: number): UdpFlow {
    const key = `${remote} ${port}`;
    const known = flows.get(key);
    if (known?.open === true) return known;
    const flow = new UdpFlow({ address: remote, port }, sentByOf(remote, bound, null, publicHost), socket, context);
    if (flows.size >= context.limits.udpFlows) forgetOldest();
    flows.set(key, flow);
    return flow;
  }

  function forgetOldest() {
    for (const [key, flow] of flows) {
      flows.delete(key);
      keptAlive.delete(flow);
      return;
    }
  }

  function receive(datagram: Buffer, from: RemoteInfo) {
    const known = flows.get(`${from.address} ${from.port}`);
    if (known?.asked !== true && admits !== undefined && !admits(from.address, "udp")) {
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
    const flow = known?.open === true ? known : flowOf(from.address, from.port);
    context.observer?.("in", datagram.toString("latin1"), flow, atMs);
    context.received(message, flow, atMs);
  }

  socket.on("message", receive);
  // Those of a datagram come to its flow.
  socket.on("error", () => undefined);

  return {
    bound,
    flowTo(remote, rules) {
      const flow = flowOf(canonical(remote.address), remote.port);
      flow.asked = true;
      if (rules?.pingSeconds !== undefined && !keptAlive.has(flow)) {
        flow.keepAliveMs = rules.pingSeconds * 1000;
        keptAlive.add(flow);
      }
      return flow;
    },
    tick(nowMs) {
      for (const flow of keptAlive) {
        if (flow.open) flow.tick(nowMs);
        else keptAlive.delete(flow);
      }
    },
    async close() {
      for (const flow of flows.values()) flow.close("stopped");
      flows.clear();
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
