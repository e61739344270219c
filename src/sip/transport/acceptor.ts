/** Connections that far ends open: only of admitted addresses, and not too many. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { type Share, Shares } from "../shares.ts";
import type { FlowContext } from "./context.ts";
import type { TransportOptions } from "./options.ts";
import { canonical, familyOf } from "./own-address.ts";
import type { RenewableTransports, SocketAddress, Target } from "./port.ts";
import { StreamFlow } from "./stream-flow.ts";
import { certificateName, serverOptions, verifiedNames } from "./tls.ts";

const keepAliveMs = 30_000;

export interface Acceptor {
  /** @throws where the address or port cannot be bound @returns the address with the port that was bound */
  listen(protocol: "tcp" | "tls", address: SocketAddress): Promise<SocketAddress>;
  /**
   * An open connection that this target's address opened (RFC 5923), of several the one on which something came last: one that was open
   * before its far end restarted may be dead. Over TLS, one whose certificate is the target's: where certificates are not asked for, none.
   */
  flowFrom(target: Target): StreamFlow | null;
  readonly flows: Iterable<StreamFlow>;
  /** Handshakes that begin from now on get another certificate. @throws where a PEM text cannot be read */
  renewTls: RenewableTransports["renewTls"];
  /** Handshakes that go on are counted too. */
  readonly size: number;
  stop(): Promise<void>;
}

export function createAcceptor(
  { admits, tls, farEndAt }: TransportOptions,
  sentBy: (protocol: "tcp" | "tls", local: SocketAddress, remote: SocketAddress) => string,
  context: FlowContext,
): Acceptor {
  const { limits, counters } = context;
  const servers: Server[] = [];
  const flows = new Set<StreamFlow>();
  const accepted = new Set<Socket>();
  const shares = new Shares<string>(limits.inboundConnections, farEndAt ?? null);
  /** Of each source address. */
  const bySource = new Map<string, number>();

  const tlsServer =
    tls === undefined
      ? null
      : createTlsServer(serverOptions(tls, limits.handshakeMs), (socket) =>
          guarded(socket, () => adopt("tls", socket)),
        ).on("tlsClientError", (_error, socket) => {
          counters.failedHandshakes += 1;
          socket.destroy();
        });

  /** What is thrown in here ends this connection alone. */
  function guarded(socket: Socket, act: () => void) {
    try {
      act();
    } catch (error) {
      socket.destroy();
      context.failed(error);
    }
  }

  function accept(protocol: "tcp" | "tls", socket: Socket) {
    // Until it is a flow; a socket without a listener for errors ends the process.
    socket.on("error", () => undefined);
    const source = socket.remoteAddress;
    const share = source === undefined ? null : admit(source, protocol);
    if (source === undefined || share === null) {
      socket.destroy();
      return;
    }
    accepted.add(socket);
    bySource.set(source, (bySource.get(source) ?? 0) + 1);
    socket.once("close", () => {
      accepted.delete(socket);
      shares.giveBack(share);
      const left = (bySource.get(source) ?? 1) - 1;
      if (left > 0) bySource.set(source, left);
      else bySource.delete(source);
    });
    if (protocol === "tcp") adopt(protocol, socket);
    else tlsServer?.emit("connection", socket);
  }

  function admit(source: string, protocol: "tcp" | "tls"): Share | null {
    if (admits !== undefined && !admits(source, protocol)) {
      counters.unknownSources += 1;
      return null;
    }
    const mayTake = (bySource.get(source) ?? 0) < limits.inboundConnectionsPerSource;
    const share = mayTake ? shares.take(source) : null;
    if (share === null) counters.tooManyConnections += 1;
    return share;
  }

  function adopt(protocol: "tcp" | "tls", socket: Socket) {
    const { remoteAddress, remotePort = 0, localAddress = "", localPort = 0 } = socket;
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const remote = { address: remoteAddress, port: remotePort };
    const local = { address: localAddress, port: localPort };
    const flow = new StreamFlow(
      socket,
      {
        protocol,
        remote,
        sentBy: sentBy(protocol, local, remote),
        inbound: true,
        certificateNames: socket instanceof TLSSocket ? verifiedNames(socket) : [],
      },
      context,
    );
    flows.add(flow);
    socket.once("close", () => flows.delete(flow));
    socket.on("data", (chunk) => flow.read(chunk));
  }

  return {
    async listen(protocol, address) {
      const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs }, (socket) =>
        guarded(socket, () => accept(protocol, socket)),
      );
      const { address: host, port } = address;
      server.listen({ host, port, ipv6Only: familyOf(host) === "ipv6", exclusive: true });
      await once(server, "listening");
      servers.push(server);
      // Out of file descriptors: what is open goes on.
      server.on("error", () => undefined);
      const bound = server.address();
      return { address: host, port: typeof bound === "object" && bound !== null ? bound.port : port };
    },
    flowFrom(target) {
      const address = canonical(target.address);
      let latest: StreamFlow | null = null;
      for (const flow of flows) {
        if (!flow.open || flow.protocol !== target.protocol || flow.remote.address !== address) continue;
        if (flow.protocol === "tls" && !flow.certificateNames.includes(certificateName(target))) continue;
        if (latest === null || flow.readAtMs >= latest.readAtMs) latest = flow;
      }
      return latest;
    },
    get flows() {
      return flows.values();
    },
    renewTls: (own) => tlsServer?.setSecureContext(serverOptions(own, limits.handshakeMs)),
    get size() {
      return accepted.size;
    },
    async stop() {
      for (const server of servers) server.close();
      await Promise.all([...flows].map((flow) => flow.stop()));
      // Handshakes that go on.
      for (const socket of accepted) socket.destroy();
    },
  };
}
