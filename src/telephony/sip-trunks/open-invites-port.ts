/**
 * The port by which all gateways know each INVITE that one of them has under way: if it dies while a phone rings, another one
 * cancels (ADR 73). What is kept is sealed, because it holds numbers.
 */
import type { SocketAddress, TransportProtocol } from "../../sip/transport/port.ts";
import type { SentInvite } from "../../sip/write.ts";

/** All that a CANCEL from another process takes. */
export interface OpenInvite {
  readonly sent: SentInvite;
  /** Its TLS and keep-alive rules are those of the configuration of the gateway that cancels. */
  readonly trunk: string;
  readonly target: SocketAddress & { readonly protocol: TransportProtocol; readonly serverName?: string };
}

/** All return at once and never throw; nothing waits for an answer. */
export interface OpenInvites {
  /** In the turn in which the INVITE is sent; again where it is sent again. @param attempt names the call, unique */
  sent(attempt: string, invite: OpenInvite): void;
  /**
   * Hands what `sent` was called for to the kernel, to be called before the INVITEs of the turn are written: a process that is
   * killed after that leaves no INVITE that others do not know.
   */
  flush(): void;
  /** It cannot make a phone ring any more, or this gateway has done for it what can be done. Harmless where none was sent. */
  over(attempt: string): void;
}

/** An INVITE of a gateway that died. `invite` is null where it cannot be read: changed, or sealed with a key that is gone. */
export interface OrphanInvite {
  readonly attempt: string;
  readonly invite: OpenInvite | null;
}

export interface OrphanInvites {
  /** Names this gateway among those that live; new with each start. */
  readonly gateway: string;
  /**
   * Says that this gateway lives; to be called every `beatMs`.
   * @returns gateways that have not said so for `deadMs`: of many those that died last, and others in turn
   * @throws {Refusal} `store_unavailable`
   */
  beat(): Promise<readonly string[]>;
  /** Whether it still counts as dead: one that was frozen may have said that it lives. @throws {Refusal} `store_unavailable` */
  isDead(gateway: string): Promise<boolean>;
  /**
   * Takes INVITEs of a dead gateway: for a while no other gateway gets them. Call it again until there are none.
   * @throws {Refusal} `store_unavailable`
   */
  take(gateway: string): Promise<readonly OrphanInvite[]>;
  /** They were canceled. After the last one, the gateway is forgotten. @throws {Refusal} `store_unavailable` */
  done(gateway: string, attempts: readonly string[]): Promise<void>;
  /** This gateway stops: INVITEs that it still has are taken by others at once. @throws {Refusal} `store_unavailable` */
  leave(): Promise<void>;
}

/** The port to the other processes of this gateway, whose end is known without waiting for `deadMs`. */
export interface EndedProcesses {
  /** @param gateway the name of this process, which the others get when it has ended */
  announce(gateway: string): void;
  /** Sets the one receiver of names of processes that ended. */
  onEnded(receiver: (gateway: string) => void): void;
}

export const beatMs = 500;
/**
 * Without a beat for this time a gateway counts as dead: it is, or it was frozen longer than its calls should ring. Longer than a
 * half-open connection to Redis keeps one that lives from beating (3.6 s), and a beat and a CANCEL short of 5 s; see ADR 73.
 */
export const deadMs = 4000;
