/** Connections that we open: one a target, with a deadline, and pauses between attempts that fail. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { backoffMs } from "../../shared/backoff.ts";
import { deferred } from "../../shared/deferred.ts";
import { LatestMap } from "../../shared/latest-map.ts";
import { type Share, Shares } from "../shares.ts";
import type { FlowContext } from "./context.ts";
import type { TransportOptions } from "./options.ts";
import { canonical } from "./own-address.ts";
import { FlowError, type SocketAddress, type Target } from "./port.ts";
import { StreamFlow } from "./stream-flow.ts";
import { certificateEnd, clientOptions, verifiedNames } from "./tls.ts";
import { type ShownCertificate, tlsClosed, tlsFailed } from "./tls-failure.ts";

/** A target that failed, until it may be tried again. */
interface Failure {
  readonly rulesName: string | undefined;
  readonly times: number;
  readonly error: FlowError;
  readonly untilMs: number;
}

const maxFailures = 1024;
/** A far end that is used is asked again before. */
const refusedLatelyMs = 600_000;
/** Far ends that vanish are noticed by the kernel, where nothing is in flight. */
const keepAliveMs = 30_000;
/** Read into by every TCP connection: what is read is consumed at once. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

export interface Connector {
  flowTo(target: Target): StreamFlow | null;
  /** @throws {FlowError} */
  connect(target: Target): Promise<StreamFlow>;
  readonly flows: Iterable<StreamFlow>;
  /** Certificates that were not taken lately because they had ended, by the name of the target's rules. */
  refusedCertificates(): Iterable<readonly [rulesName: string, expiresAtMs: number]>;
  readonly size: number;
  stop(): Promise<void>;
}

interface Own {
  sentBy(target: Target, local: SocketAddress): string;
  /** The address to connect from; null: the kernel's choice. */
  localAddress(target: Target): string | null;
}

export function createConnector(
  { clock, random, farEndAt, onUnconnected }: TransportOptions,
  own: Own,
  context: FlowContext,
): Connector {
  const { limits, counters } = context;
  const nameOf = ({ rules, address }: Target) => rules?.name ?? address;
  const shares = new Shares<Target>(limits.outgoingConnections, farEndAt === undefined ? null : nameOf);
  const flows = new Map<string, StreamFlow>();
  const opening = new Map<string, { readonly flow: Promise<StreamFlow>; readonly fail: (error: FlowError) => void }>();
  const failures = new LatestMap<string, Failure>(maxFailures);
  let stopped = false;

  function flowTo(target: Target): StreamFlow | null {
    const flow = flows.get(keyOf(target));
    return flow?.open === true ? flow : null;
  }

  async function connect(target: Target): Promise<StreamFlow> {
    if (stopped) throw new FlowError("stopped", "the gateway is stopping");
    const key = keyOf(target);
    const known = flows.get(key);
    if (known?.open === true) return known;
    const begun = opening.get(key);
    if (begun !== undefined) return begun.flow;
    const failure = failures.get(key);
    if (failure !== undefined && failure.untilMs > context.nowMs()) throw failure.error;
    const share = shares.take(target);
    if (share === null) {
      counters.tooManyOutgoing += 1;
      throw new FlowError("limit", `${limits.outgoingConnections} connections are open`);
    }
    return open(target, key, share);
  }

  /** @param share given back once the connection is closed, or was not opened */
  function open(target: Target, key: string, share: Share): Promise<StreamFlow> {
    const { promise, resolve, reject } = deferred<StreamFlow>();
    let socket: Socket | null = null;
    let why: "refused" | "tls" = "refused";
    let shown: ShownCertificate | undefined;
    let read: (chunk: Buffer) => void = () => undefined;
    const fail = (error: FlowError) => {
      // Once: a socket that fails has an error, and then closes.
      if (opening.get(key)?.fail !== fail) return;
      settle();
      shares.giveBack(share);
      if (error.why !== "stopped") noteFailure(key, target, error);
      socket?.destroy();
      reject(error);
    };
    const stopTimer = clock.after(limits.connectMs, () => fail(new FlowError("timeout", `${limits.connectMs} ms`)));
    const settle = () => {
      stopTimer();
      opening.delete(key);
    };
    const onError = (error: Error) => fail(why === "tls" ? tlsFailed(error, shown) : new FlowError(why, error.message));
    const onClose = () => fail(why === "tls" ? tlsClosed() : new FlowError(why, "closed by the far end"));
    opening.set(key, { flow: promise, fail });
    try {
      const begun = begin(target, (chunk) => read(chunk));
      socket = begun;
      begun.once("error", onError).once("close", onClose);
      if (target.protocol === "tls") {
        begun.once("connect", () => {
          why = "tls";
        });
        // Before Node judges the certificate, and closes the socket on one that it does not take.
        begun.prependOnceListener("secure", () => {
          // Not `getPeerX509Certificate`: it takes the certificate out of the chain that the name is looked for in.
          if (begun instanceof TLSSocket) shown = begun.getPeerCertificate(true);
        });
      }
      begun.once(target.protocol === "tls" ? "secureConnect" : "connect", () => {
        settle();
        begun.off("error", onError).off("close", onClose);
        failures.delete(key);
        begun.once("close", () => shares.giveBack(share));
        try {
          const flow = adopt(target, key, begun);
          read = (chunk) => flow.read(chunk);
          resolve(flow);
        } catch (error) {
          begun.on("error", () => undefined).destroy();
          reject(new FlowError(why, "the connection could not be used"));
          context.failed(error);
        }
      });
    } catch (error) {
      // PEM texts that cannot be read, or an address that is none.
      fail(new FlowError(target.protocol === "tls" ? "tls" : "refused", error instanceof Error ? error.message : ""));
    }
    return promise;
  }

  function begin(target: Target, read: (chunk: Buffer) => void): Socket {
    const localAddress = own.localAddress(target);
    const common = {
      host: target.address,
      port: target.port,
      ...(localAddress !== null && { localAddress }),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
    };
    if (target.protocol === "tls") {
      const socket = connectTls({ ...common, ...clientOptions(target) });
      socket.setNoDelay(true);
      return socket.on("data", read);
    }
    const callback = (length: number, buffer: Uint8Array) => {
      read((buffer as Buffer).subarray(0, length));
      return true;
    };
    return connectTcp({ ...common, onread: { buffer: readBuffer, callback } });
  }

  function adopt(target: Target, key: string, socket: Socket): StreamFlow {
    const local = { address: socket.localAddress ?? "", port: socket.localPort ?? 0 };
    const flow = new StreamFlow(
      socket,
      {
        protocol: target.protocol === "tls" ? "tls" : "tcp",
        remote: { address: target.address, port: target.port },
        sentBy: own.sentBy(target, local),
        inbound: false,
        rules: target.rules,
        ...(socket instanceof TLSSocket
          ? { certificateNames: verifiedNames(socket), certificateExpiresAtMs: certificateEnd(socket) }
          : {}),
      },
      context,
    );
    flows.set(key, flow);
    socket.once("close", () => {
      if (flows.get(key) === flow) flows.delete(key);
    });
    return flow;
  }

  function noteFailure(key: string, target: Target, error: FlowError) {
    counters.failedConnects += 1;
    const before = failures.get(key);
    const times = (before?.times ?? 0) + 1;
    const pauseMs = backoffMs(times, random, { firstMs: limits.firstBackoffMs, longestMs: limits.longestBackoffMs });
    failures.set(key, { rulesName: target.rules?.name, times, error, untilMs: context.nowMs() + pauseMs });
    if (before?.error.message !== error.message) onUnconnected?.(target, error);
  }

  return {
    flowTo,
    connect,
    get flows() {
      return flows.values();
    },
    *refusedCertificates() {
      for (const { rulesName = "", error, untilMs } of failures.values()) {
        const atMs = error.certificateExpiresAtMs;
        if (atMs !== undefined && untilMs + refusedLatelyMs > context.nowMs()) yield [rulesName, atMs];
      }
    },
    get size() {
      return flows.size;
    },
    async stop() {
      stopped = true;
      for (const { fail } of [...opening.values()]) fail(new FlowError("stopped", "the gateway is stopping"));
      await Promise.all([...flows.values()].map((flow) => flow.stop()));
    },
  };
}

function keyOf({ protocol, address, port, serverName, rules }: Target): string {
  return `${protocol} ${canonical(address)} ${port} ${protocol === "tls" ? serverName : ""} ${rules?.name}`;
}
