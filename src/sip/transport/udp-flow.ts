/** One far end over UDP: what is sent to it, and what the system says of that. */
import type { Socket } from "node:dgram";
import type { FlowContext, Flushable } from "./context.ts";
import type { Flow, SocketAddress } from "./port.ts";

/** A datagram's payload, less than 64 KiB by the headers of IPv4 and UDP. */
const maxDatagramBytes = 65_507;
/** Datagrams that the kernel did not take yet. */
const maxQueued = 10_000;
const keepAlive = Buffer.from("\r\n");

/**
 * What says that no datagram reaches the far end now: there is no route, or a rule against it. For a moment that is so wherever a link
 * or an address is set up anew: only where it lasts the flow is of no use. Any other error is about one datagram (EPERM of a full
 * conntrack table, ENOBUFS, EAGAIN, EMSGSIZE): it is lost as in any router on the way, and retransmission covers it.
 */
const unreachable: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"],
  ...["EACCES", "EINVAL", "EADDRNOTAVAIL", "EAFNOSUPPORT"],
]);

export class UdpFlow implements Flow, Flushable {
  readonly protocol = "udp";
  readonly reliable = false;
  readonly remote: SocketAddress;
  readonly sentBy: string;
  open = true;
  /** Requests of ours go there. */
  isOwn = false;
  /** Again, since flows were forgotten last. */
  wasUsed = false;
  keepAliveMs = 0;
  #sentAtMs = 0;
  /** INVITEs of this turn of the event loop: others learn of them before they are written. */
  #invites: Buffer[] = [];
  /** Since when no datagram left; null: the last one did. */
  #unreachableSinceMs: number | null = null;
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
    const isInvite = message.startsWith("INVITE ");
    // Who sends an INVITE turns to TCP. A BYE that no datagram takes would leave a phone answered: what else there is goes in fragments.
    if (message.length > (isInvite ? limits.udpRequestBytes : maxDatagramBytes)) {
      counters.tooLarge += 1;
      return false;
    }
    const datagram = Buffer.from(message, "latin1");
    if (isInvite && this.remote.port !== 0) this.#writeLater(datagram);
    else if (!this.#write(datagram)) return false;
    this.#context.sent(message, this);
    return true;
  }

  flush() {
    const invites = this.#invites;
    this.#invites = [];
    for (const datagram of invites) {
      if (this.open) this.#write(datagram);
    }
  }

  tick(nowMs: number) {
    if (this.open && this.keepAliveMs > 0 && nowMs - this.#sentAtMs >= this.keepAliveMs) this.#write(keepAlive);
  }

  close(reason: string) {
    if (!this.open) return;
    this.open = false;
    this.#context.closed(this, reason);
  }

  #writeLater(datagram: Buffer) {
    if (this.#invites.push(datagram) === 1) this.#context.flushLater(this);
  }

  /** @returns whether the datagram left us, or may count as lost on the way */
  #write(datagram: Buffer): boolean {
    try {
      if (this.keepAliveMs > 0) this.#sentAtMs = this.#context.nowMs();
      if (this.#socket.getSendQueueCount() > maxQueued) this.#context.counters.lostDatagrams += 1;
      else this.#socket.send(datagram, this.remote.port, this.remote.address, this.#afterSend);
      return true;
    } catch (error) {
      // Port 0, or a socket that was closed: node:dgram throws.
      this.close(error instanceof Error ? error.message : "nothing was sent");
      return false;
    }
  }

  #staysUnreachable(): boolean {
    const { nowMs, limits } = this.#context;
    this.#unreachableSinceMs ??= nowMs();
    return nowMs() - this.#unreachableSinceMs >= limits.unreachableMs;
  }

  readonly #afterSend = (error: NodeJS.ErrnoException | null) => {
    if (error === null) {
      this.#unreachableSinceMs = null;
      return;
    }
    if (unreachable.has(error.code ?? "") && this.#staysUnreachable()) this.close(error.message);
    else this.#context.counters.lostDatagrams += 1;
  };
}
