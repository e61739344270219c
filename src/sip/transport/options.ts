/** What the transports are given by the one who assembles the stack. */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { maxMessageBytes } from "../message.ts";
import type { FlowError, MessageObserver, SocketAddress, Target, TransportProtocol } from "./port.ts";

export interface TransportOptions {
  readonly clock: Pick<Clock, "after">;
  readonly random: Random;
  /** Monotonic milliseconds; default: `performance.now`. */
  readonly nowMs?: () => number;
  /** Addresses to bind: at most one of each family. 0.0.0.0 and :: are all of a family; port 0 takes a free one. */
  readonly udp?: readonly SocketAddress[];
  readonly tcp?: readonly SocketAddress[];
  readonly tls?: TlsListening;
  /** What Via and Contact show instead of the bound addresses, by the far end's family: names or addresses, no brackets. */
  readonly publicHost?: { readonly ipv4?: string; readonly ipv6?: string };
  /**
   * Whether this address may send to us. Left out: any. What comes from others is dropped unread; datagrams from where we
   * sent a request are always read.
   */
  readonly admits?: (address: string, protocol: TransportProtocol) => boolean;
  /** The far end that has an address, by a name: each gets a share of the connections. Left out: there is but one. */
  readonly farEndAt?: (address: string) => string;
  readonly observer?: MessageObserver;
  /** A connection could not be opened, for another reason than the last time, if that failed too. */
  readonly onUnconnected?: (target: Target, error: FlowError) => void;
  readonly limits?: Partial<TransportLimits>;
  /**
   * Called before what was queued in an event-loop turn is written, every INVITE among it: what it writes elsewhere has left the
   * process before a phone can ring.
   */
  readonly beforeWrite?: () => void;
  /**
   * An exception of a receiver or an observer, a bug: the datagram has no further effect, a connection ends, and others go on.
   * Left out: it is thrown, and ends the process.
   */
  readonly onError?: (error: unknown) => void;
}

export interface TlsListening {
  readonly addresses: readonly SocketAddress[];
  /** PEM texts: our certificate with its chain, and its key. */
  readonly certificate: string;
  readonly key: string;
  /** PEM. Given: far ends must have a certificate of one of these CAs. */
  readonly clientCa?: string;
}

/** Times in milliseconds. */
export interface TransportLimits {
  /** Of a received message, at most 65,535. */
  readonly messageBytes: number;
  /** Of an INVITE over UDP: RFC 3261 section 18.1.1 where the path's MTU is unknown. */
  readonly udpRequestBytes: number;
  /** UDP has a flow per far end: so many that we send requests to, as many others. Beyond it old ones are forgotten, not closed. */
  readonly udpFlows: number;
  readonly inboundConnections: number;
  readonly inboundConnectionsPerSource: number;
  readonly outgoingConnections: number;
  /** Written, and not taken by the far end. */
  readonly bufferedBytes: number;
  /** Until a connection is open, its TLS handshake included. */
  readonly connectMs: number;
  /** Of an inbound TLS handshake. */
  readonly handshakeMs: number;
  /** For a message of a stream to become whole. */
  readonly messageMs: number;
  /** An inbound connection on which nothing comes is closed after this time. */
  readonly idleMs: number;
  /** For any byte after a ping. */
  readonly pongMs: number;
  /** A connection on which nothing at all comes for so long after a request is dead: Timer B and F. */
  readonly silentMs: number;
  /** A far end that takes no byte of what is written for so long does not read. */
  readonly stalledMs: number;
  /** A UDP flow of which the system takes no datagram for so long, because nothing leads there, is of no use. */
  readonly unreachableMs: number;
  /** Between failed connects to one target: doubles from the first to the longest. */
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
}

export const defaultLimits: TransportLimits = {
  messageBytes: maxMessageBytes,
  udpRequestBytes: 1300,
  udpFlows: 4096,
  inboundConnections: 512,
  inboundConnectionsPerSource: 64,
  outgoingConnections: 512,
  bufferedBytes: 4 * 1024 * 1024,
  connectMs: 4000,
  handshakeMs: 5000,
  messageMs: 10_000,
  idleMs: 600_000,
  pongMs: 10_000,
  silentMs: 32_000,
  stalledMs: 10_000,
  unreachableMs: 2000,
  firstBackoffMs: 100,
  longestBackoffMs: 5000,
};
