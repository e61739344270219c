/** The port of the transaction layer (RFC 3261 section 17, RFC 6026): state machines, timers A to M, matching. */
import type { SipRequestMessage, SipResponseMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";

/** Name and value, in the order in which they are written. */
export type HeaderLine = readonly [name: string, value: string];

/** A request without its Via and Content-Length, which the layer adds. All text is latin1 and has no line break. */
export interface OutgoingRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly HeaderLine[];
  readonly body?: string;
}

/** Receives what happens to a request. Never called again after a final response or `failed`; see `repeatedAnswer`. */
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
  /**
   * Sends CANCEL, once: at once where a provisional response came, else as soon as one does (section 9.1); never after a
   * final one. Where none comes the INVITE ends by Timer B.
   * @param headers such as Reason, beside those that section 9.1 copies
   * @param user receives the responses to the CANCEL
   */
  cancel(headers?: readonly HeaderLine[], user?: ClientUser): void;
}

/** A response, without the headers that section 8.2.6.2 copies from the request. */
export interface OutgoingResponse {
  readonly status: number;
  /** Default: the usual phrase of the status. */
  readonly phrase?: string;
  readonly headers?: readonly HeaderLine[];
  readonly body?: string;
  /** Our tag, for To; left out where To has one. */
  readonly toTag?: string;
}

export interface ServerTransaction {
  readonly request: SipRequestMessage;
  readonly flow: Flow;
  /** @returns false, and sends nothing, once a final response was sent */
  respond(response: OutgoingResponse): boolean;
  /** INVITE alone: a CANCEL came, which the layer answered with 200; the user responds 487 (section 9.2). */
  onCanceled(receiver: () => void): void;
}

export interface TransactionLayer {
  invite(request: OutgoingRequest, flow: Flow, user: ClientUser): InviteClientTransaction;
  /** Any method but INVITE, ACK and CANCEL. */
  request(request: OutgoingRequest, flow: Flow, user: ClientUser): ClientTransaction;
  /** The ACK of a 2xx: outside of any transaction, with a branch of its own (section 13.2.2.4). */
  acknowledge(request: OutgoingRequest, flow: Flow): boolean;
  /** Sets the one receiver of requests outside of a transaction; ACKs of a 2xx come with a transaction that cannot respond. */
  onRequest(receiver: (transaction: ServerTransaction, atMs: number) => void): void;
  /** Sets the one receiver of responses that match no transaction: a 2xx to an INVITE of a process that died needs ACK and BYE. */
  onStray(receiver: (response: SipResponseMessage, flow: Flow) => void): void;
  /** How many transactions are kept. */
  readonly size: number;
  /** Ends all, their timers too. Users hear nothing more. */
  stop(): void;
}
