/** The port of the transaction layer (RFC 3261 section 17, RFC 6026): state machines, timers A to M, matching. */
import type { SipRequestMessage, SipResponseMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";
import type { HeaderLine, OutgoingRequest, OutgoingResponse, SentInvite } from "../write.ts";

export type { HeaderLine, OutgoingRequest, OutgoingResponse, SentInvite } from "../write.ts";

/**
 * Receives what happens to a request. Called by later events alone, never from inside the call that began the transaction. Never called again after a final response or `failed`;
 * see `repeatedAnswer`.
 */
export interface ClientUser {
  /** Provisional and final responses; repetitions of a final are absorbed (and acknowledged: section 17.1.1.3). */
  response(response: SipResponseMessage, atMs: number): void;
  /**
   * No final response will come. `timeout`: Timer B or F. `transport`: the flow broke, or took nothing; whether the request
   * arrived is unknown unless `neverSent`.
   */
  failed(why: "timeout" | "transport", neverSent: boolean): void;
  /**
   * INVITE alone: another 2xx, repeated or of another branch of a fork (RFC 6026, Accepted). Each needs an ACK, and one of a
   * new To tag a BYE of its own.
   */
  repeatedAnswer?(response: SipResponseMessage, atMs: number): void;
}

export interface ClientTransaction {
  /** Of the Via that was sent. */
  readonly branch: string;
  readonly flow: Flow;
  readonly ended: boolean;
}

export interface InviteClientTransaction extends ClientTransaction {
  /** What another process needs to take the call over; valid until the final response. */
  readonly sent: SentInvite;
  /**
   * Sends CANCEL, once: at once where a provisional response came, else as soon as one does (section 9.1); never after a
   * final one. Where none comes the INVITE ends by Timer B.
   * @param headers such as Reason, beside those that section 9.1 copies
   * @param user receives the responses to the CANCEL; nothing where none is sent
   */
  cancel(headers?: readonly HeaderLine[], user?: ClientUser): void;
  /**
   * The call is over for its user: an INVITE that nobody responded to is not sent again. A CANCEL that is held, and what is to be done
   * for a response that comes all the same, stay.
   */
  giveUpRepeating(): void;
}

export interface ServerTransaction {
  /**
   * Kept until the final response; of an INVITE that was answered over UDP or with 2xx until its ACK or 32 s have passed, unless it
   * must give way to later ones of its far end. Then an empty one.
   */
  readonly request: SipRequestMessage;
  readonly flow: Flow;
  /** Our tag in To: of responses whose `toTag` is left out, unless the request has one. '' for an ACK. */
  readonly toTag: string;
  /**
   * Sends a response; over UDP a repeated request gets it again, and a final one of 300 or more to an INVITE is repeated until
   * its ACK.
   * @returns false, and sends nothing, once a final response was sent
   * @throws {UnwritableError}
   */
  respond(response: OutgoingResponse): boolean;
  /**
   * INVITE alone: sends its 2xx once more, which the user repeats until the ACK (section 13.3.1.4).
   * @returns false where there is none, its request had to give way, or 64 × T1 have passed
   */
  repeatAnswer(): boolean;
  /** Answers nothing at all, neither to the request nor to repetitions nor to its CANCEL: for who must not see us. */
  ignore(): void;
  /**
   * INVITE alone: a CANCEL came before a final response; the user responds 487 (section 9.2). The layer answers the CANCEL
   * with 200 afterwards. Not called where the INVITE is ignored.
   */
  onCanceled(receiver: () => void): void;
  /**
   * INVITE alone: the ACK of a final response of 300 or more came, with the tag that we gave in it. So the response reached the
   * sender: over UDP, who only writes another's address into a datagram never learns that tag. Not called where its request had to
   * give way.
   */
  onAcknowledged(receiver: () => void): void;
}

export interface TransactionLayer {
  /** @throws {UnwritableError} before anything is sent or kept, as `request` and `acknowledge` */
  invite(request: OutgoingRequest, flow: Flow, user: ClientUser): InviteClientTransaction;
  /**
   * The INVITE of a process that died, from what it kept: as after a provisional response, so that `cancel` sends CANCEL at
   * once. The user receives the final response where it comes here.
   */
  takeOver(sent: SentInvite, flow: Flow, user: ClientUser): InviteClientTransaction;
  /** Any method but INVITE, ACK and CANCEL. */
  request(request: OutgoingRequest, flow: Flow, user: ClientUser): ClientTransaction;
  /**
   * The ACK of a 2xx: outside of any transaction, with a branch of its own (section 13.2.2.4).
   * @returns false where the flow took nothing
   */
  acknowledge(request: OutgoingRequest, flow: Flow): boolean;
  /** Sets the one receiver of requests outside of a transaction; ACKs of a 2xx come with a transaction that cannot respond. */
  onRequest(receiver: (transaction: ServerTransaction, atMs: number) => void): void;
  /** Sets the one receiver of responses that match no transaction: a 2xx to an INVITE of a process that died needs ACK and BYE. */
  onStray(receiver: (response: SipResponseMessage, flow: Flow) => void): void;
  /** How many transactions are kept, those included that only absorb repetitions. */
  readonly size: number;
  /** How many bytes of requests that came are kept. */
  readonly keptBytes: number;
  /** Since the start, beyond the limits: requests of ours that were not sent; others' that got 503, or gave way to later ones. */
  readonly refused: number;
  /** Ends all, their timers too; users that wait learn it as a broken flow. Nothing begins afterwards. */
  stop(): void;
}
