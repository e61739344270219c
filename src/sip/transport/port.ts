/** The port of the transports (RFC 3261 section 18): whole messages over UDP, TCP and TLS. */
import type { ParsedMessage } from "../message.ts";

export type TransportProtocol = "udp" | "tcp" | "tls";

export interface SocketAddress {
  /** An IPv4 or IPv6 address, without brackets. */
  readonly address: string;
  readonly port: number;
}

/** Where a request goes: the result of RFC 3263. */
export interface Target extends SocketAddress {
  readonly protocol: TransportProtocol;
  /** For TLS: the name for SNI and for the check of the certificate (RFC 5922). */
  readonly serverName?: string;
}

/** A UDP association or a connection, to one far end. */
export interface Flow {
  readonly protocol: TransportProtocol;
  /** TCP and TLS: it delivers in order or breaks, so requests are not repeated on it (section 17.1). */
  readonly reliable: boolean;
  readonly remote: SocketAddress;
  /** The host and port of our own Via and Contact, IPv6 in brackets: `192.0.2.1:5060`. */
  readonly sentBy: string;
  readonly open: boolean;
  /**
   * Queues a whole message (latin1); messages of one event-loop turn are written together. Never throws.
   * @returns false where the flow is closed, its bounded buffer is full or the message too large for UDP: nothing was sent
   */
  send(message: string): boolean;
}

/** Why no flow could be opened. Nothing was sent to the target. */
export class FlowError extends Error {
  readonly why: "refused" | "timeout" | "tls" | "limit" | "stopped";
  constructor(why: FlowError["why"], detail: string) {
    super(`no connection: ${why} (${detail})`);
    this.name = "FlowError";
    this.why = why;
  }
}

export interface Transports {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** An open flow to this target, without waiting; null: `connect` opens one. UDP has one as soon as it is started. */
  flowTo(target: Target): Flow | null;
  /** Opens a flow, or waits for the one that is being opened. Has a deadline. @throws {FlowError} */
  connect(target: Target): Promise<Flow>;
  /** Sets the one receiver of messages. What is no message, or exceeds a limit, never gets here. `atMs`: monotonic. */
  onMessage(receiver: (message: ParsedMessage, flow: Flow, atMs: number) => void): void;
  /** Sets the one receiver of lost flows: what is in flight on one may have arrived or not. */
  onClosed(receiver: (flow: Flow, reason: string) => void): void;
}
