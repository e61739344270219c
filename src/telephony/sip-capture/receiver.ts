/** The socket of the SIP capture: keeps trying to bind, and drops packets from addresses that may not send. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { SipCaptureConfig } from "./config.ts";
import { allowedSources, type IsAllowed } from "./sources.ts";

export interface ReceiverParts {
  readonly config: SipCaptureConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDatagram: (datagram: Buffer) => void;
}

/** The port may still be held by the gateway that this one replaces, while that drains. */
const retryMs = 2000;
/**
 * Linux's default of 208 KB holds 92 SIP packets (measured): at 6,000 a second the event loop may not stall for more than
 * 15 ms. This holds 3,600. The kernel gives no more than net.core.rmem_max.
 */
const receiveBufferBytes = 4 * 1024 * 1024;
/** Multicast is for several gateways on one host: it stays on the loopback interface. */
const multicastInterface = "127.0.0.1";

export class Receiver {
  readonly #parts: ReceiverParts;
  readonly #isAllowed: IsAllowed;
  #socket: Socket | null = null;
  #stopRetry: () => void = () => undefined;
  #stopped = false;
  #refusalLogged = false;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
    this.#isAllowed = allowedSources(parts.config.allow_from);
  }

  /** Whether the port is bound. */
  get listening(): boolean {
    return this.#socket !== null;
  }

  /** Resolves after the first try, whether it worked or not; keeps trying. */
  async start(): Promise<void> {
    const { config, clock, logger } = this.#parts;
    const where = { host: config.host, port: config.port };
    try {
      const socket = await this.#bind();
      if (this.#stopped) {
        socket.close();
        return;
      }
      this.#socket = socket;
      logger.info(where, "SIP capture listens");
    } catch (error) {
      logger.error(
        { ...where, err: error },
        "SIP capture cannot listen; outcomes are based on Asterisk's events until it can",
      );
      if (!this.#stopped) this.#stopRetry = clock.after(retryMs, () => void this.start());
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#stopRetry();
    this.#socket?.close();
    this.#socket = null;
  }

  #bind(): Promise<Socket> {
    const { host, port } = this.#parts.config;
    const multicast = isMulticast(host);
    return new Promise((resolve, reject) => {
      const socket = createSocket({ type: isIPv6(host) ? "udp6" : "udp4", reuseAddr: multicast });
      socket.once("error", (error) => {
        socket.close();
        reject(error);
      });
      // Of several processes (server.processes) each needs every packet: node:cluster would give them one socket together.
      socket.bind({ port, address: host, exclusive: true }, () => {
        socket.removeAllListeners("error");
        // Without a listener an error would end the process; it can only mean a lost packet.
        socket.on("error", (error) => this.#parts.logger.warn({ err: error }, "SIP capture"));
        socket.on("message", (datagram, from) => this.#receive(datagram, from));
        try {
          socket.setRecvBufferSize(receiveBufferBytes);
          if (multicast) socket.addMembership(host, multicastInterface);
          resolve(socket);
        } catch (error) {
          socket.close();
          reject(error);
        }
      });
    });
  }

  #receive(datagram: Buffer, { address, family }: RemoteInfo): void {
    if (this.#isAllowed(address, family)) this.#parts.onDatagram(datagram);
    else this.#refuse(address);
  }

  /** Logged once: a flood on the port must not flood the log. */
  #refuse(address: string): void {
    if (this.#refusalLogged) return;
    this.#refusalLogged = true;
    this.#parts.logger.warn(
      { address },
      "SIP capture refuses packets from an address that is not in sip_capture.allow_from",
    );
  }
}

function isMulticast(host: string): boolean {
  const first = Number(host.split(".")[0]);
  return !isIPv6(host) && first >= 224 && first <= 239;
}
