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
  /** For TLS: the name for SNI and for the check of the certificate (RFC 5922); the domain that RFC 3263 began with. */
  readonly serverName?: string;
  /** Copied from the next hop; left out: the defaults. */
  readonly rules?: ConnectionRules;
}

/** How a trunk's flows are opened and kept. One object per trunk and configuration; targets with equal ones share flows. */
export interface ConnectionRules {
  /** The trunk's name: flows are not shared between two names. */
  readonly name: string;
  /** PEM texts. Left out: the system's CAs, no client certificate, the target's name. */
  readonly tls?: {
    readonly ca?: string;
    readonly certificate?: string;
    readonly key?: string;
    /** Instead of the target's `serverName`. */
    readonly serverName?: string;
    /** What the certificate must be for, where that is not the server name. */
    readonly certificateName?: string;
  };
  /**
   * A ping every so many seconds (RFC 5626 section 4.4.1); a connection that returns nothing within 10 s is closed. For far
   * ends that answer pings. Over UDP a CRLF, which keeps a NAT open.
   */
  readonly pingSeconds?: number;
  /** Requests may also go over a connection that the far end opened from the target's address (as in RFC 5923). */
  readonly reuseInbound?: boolean;
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
  /** Of a connection that was closed; for operators. */
  readonly closedBecause?: string | null;
  /** TLS: what the far end's certificate, if it showed one that was verified, is for (RFC 5922 section 7.1). */
  readonly certificateNames?: readonly string[];
  /** TLS: when the certificate that the far end showed ends, in milliseconds since the epoch. */
  readonly certificateExpiresAtMs?: number | undefined;
  /**
   * Queues a whole message (latin1); messages of one event-loop turn are written together. Never throws.
   * @returns false: nothing was sent. The flow is closed (then `open` is false too), or the message is too large for UDP: an
   * INVITE over 1300 bytes (section 18.1.1, configurable), which TCP to the same target may take, or any message over 65,507
   */
  send(message: string): boolean;
  /**
   * Of a connection: closes it where nothing at all came since then, in the clock of `atMs`. For who waited for what the next hop
   * answers at once, as a CANCEL. What lies unread, after the process stood still, is read before. Never rejects.
   * @returns whether it was closed now
   */
  closeIfSilentSince?(sinceMs: number): Promise<boolean>;
}

/** Why no flow could be opened. Nothing was sent to the target. */
export class FlowError extends Error {
  readonly why: "refused" | "timeout" | "tls" | "limit" | "stopped";
  /** The message without `fix`. */
  readonly brief: string;
  /** What an operator does about it, in sentences; null: that depends. */
  readonly fix: string | null;
  /** Where the far end's certificate, or one above it, has ended. In milliseconds since the epoch. */
  readonly certificateExpiresAtMs: number | undefined;
  constructor(
    why: FlowError["why"],
    detail: string,
    {
      fix = null,
      certificateExpiresAtMs,
    }: { readonly fix?: string | null; readonly certificateExpiresAtMs?: number } = {},
  ) {
    const brief = `no connection: ${why} (${detail})`;
    super(fix === null ? brief : `${brief}. ${fix}`);
    this.name = "FlowError";
    this.why = why;
    this.brief = brief;
    this.fix = fix;
    this.certificateExpiresAtMs = certificateExpiresAtMs;
  }
}

/** Sees every message that was sent or received, whole, as latin1 text. Must not throw. */
export type MessageObserver = (direction: "in" | "out", message: string, flow: Flow, atMs: number) => void;

/** Since the start; for metrics. */
export interface TransportCounters {
  readonly received: number;
  readonly sent: number;
  /** Datagrams and connections of addresses that are not admitted. */
  readonly unknownSources: number;
  /** What came and is no SIP message, or exceeds a limit. */
  readonly malformed: number;
  /** Inbound connections closed at once: too many in all, or of one address. */
  readonly tooManyConnections: number;
  /** Connections of ours that were not opened: too many are open. */
  readonly tooManyOutgoing: number;
  readonly failedHandshakes: number;
  readonly failedConnects: number;
  /** Connections closed because the far end did not read, or answered neither pings nor requests. */
  readonly deadFlows: number;
  /** Requests refused as too large for UDP. */
  readonly tooLarge: number;
  /** Datagrams that the system did not take, though the far end may be reached: they count as lost on the way. */
  readonly lostDatagrams: number;
}

/** For metrics, beside `Transports`. */
export interface TransportStatus {
  readonly counters: TransportCounters;
  /** What was bound, with the ports that were free where 0 was asked for. */
  readonly bound: readonly (SocketAddress & { readonly protocol: TransportProtocol })[];
  /** Open connections, and those among them that far ends opened. */
  readonly connections: { readonly open: number; readonly inbound: number };
  /**
   * When certificates of far ends end, by the name of their rules: of connections that we opened, and of those that were refused
   * lately because it had ended, the earliest.
   */
  certificateEnds(): ReadonlyMap<string, number>;
}

export interface Transports {
  /** Binds. @throws where a port is taken */
  start(): Promise<void>;
  /** Writes what is queued, then closes every flow. Bounded in time. */
  stop(): Promise<void>;
  /** An open flow to this target, without waiting; null: `connect` opens one. UDP has one as soon as it is started. */
  flowTo(target: Target): Flow | null;
  /** Where responses go that are wanted at another UDP port than their request came from. Null: there is no such socket. */
  replyTo(address: string, port: number): Flow | null;
  /** Opens a flow, or waits for the one that is being opened. Has a deadline. @throws {FlowError} */
  connect(target: Target): Promise<Flow>;
  /** Sets the one receiver of messages. What is no message, or exceeds a limit, never gets here. `atMs`: monotonic. */
  onMessage(receiver: (message: ParsedMessage, flow: Flow, atMs: number) => void): void;
  /** Sets the one receiver of lost flows: what is in flight on one may have arrived or not. */
  onClosed(receiver: (flow: Flow, reason: string) => void): void;
}

/** What can be replaced while connections are open, which keep what they began with. */
export interface RenewableTransports {
  /** Inbound TLS connections get another certificate from now on. @throws where a PEM text cannot be read */
  renewTls(own: { readonly certificate: string; readonly key: string; readonly clientCa?: string }): void;
}
