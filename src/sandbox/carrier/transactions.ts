/** Sorts requests into server transactions (RFC 3261 section 17.2.3), so that each request is acted on once. */
import type { Clock } from "../../shared/clock.ts";
import { InviteTransaction } from "./invite-transaction.ts";
import type { SipRequest } from "./request.ts";
import type { SipResponse, Source } from "./response.ts";
import { absorbMs } from "./timers.ts";

/** What acts on requests. Each method is called once a transaction, whatever the network repeats. */
export interface TransactionUser {
  onInvite(transaction: InviteTransaction, source: Source): void;
  /** The ACK to a 200; it belongs to no transaction. */
  onAck(request: SipRequest): void;
  /** @param invite the INVITE that a CANCEL asks to end, where that is known */
  onRequest(request: SipRequest, invite: InviteTransaction | undefined): SipResponse | null;
}

export interface TransactionsOptions {
  readonly clock: Clock;
  readonly user: TransactionUser;
  /** Puts the response to a request on the wire. */
  readonly send: (request: SipRequest, source: Source, response: SipResponse, toTag: string) => void;
  readonly newTag: () => string;
  /** Transactions kept at once; the ones beyond get 503. */
  readonly limit: number;
}

interface Answered {
  readonly response: SipResponse | null;
  readonly toTag: string;
  readonly forget: () => void;
}

export class Transactions {
  readonly #options: TransactionsOptions;
  readonly #invites = new Map<string, InviteTransaction>();
  readonly #others = new Map<string, Answered>();

  constructor(options: TransactionsOptions) {
    this.#options = options;
  }

  /** Takes one request off the wire. */
  receive(request: SipRequest, source: Source): void {
    if (request.method === "INVITE") this.#receiveInvite(request, source);
    else if (request.method === "ACK") this.#receiveAck(request);
    else this.#receiveOther(request, source);
  }

  /** Forgets everything at once, timers too. */
  clear(): void {
    for (const transaction of [...this.#invites.values()]) transaction.terminate();
    for (const { forget } of [...this.#others.values()]) forget();
  }

  #receiveInvite(request: SipRequest, source: Source): void {
    const known = this.#invites.get(keyOf(request));
    if (known) known.repeated();
    else if (this.#isFull()) this.#refuse(request, source);
    else this.#beginInvite(request, source);
  }

  #beginInvite(request: SipRequest, source: Source): void {
    const key = keyOf(request);
    const toTag = this.#options.newTag();
    const transaction = new InviteTransaction({
      request,
      toTag,
      clock: this.#options.clock,
      send: (response) => this.#options.send(request, source, response, toTag),
      onTerminated: () => this.#invites.delete(key),
    });
    this.#invites.set(key, transaction);
    this.#options.user.onInvite(transaction, source);
  }

  #receiveAck(request: SipRequest): void {
    const transaction = this.#invites.get(keyOf(request));
    if (transaction) transaction.acknowledged();
    else this.#options.user.onAck(request);
  }

  #receiveOther(request: SipRequest, source: Source): void {
    const known = this.#others.get(`${request.method} ${keyOf(request)}`);
    if (known?.response) this.#options.send(request, source, known.response, known.toTag);
    else if (known) return;
    else if (this.#isFull()) this.#refuse(request, source);
    else this.#answerOther(request, source);
  }

  /** Answers at once and remembers the answer for as long as the request may be repeated (Timer J). */
  #answerOther(request: SipRequest, source: Source): void {
    const key = `${request.method} ${keyOf(request)}`;
    // A CANCEL carries the branch of the INVITE it ends (section 9.1).
    const invite = request.method === "CANCEL" ? this.#invites.get(keyOf(request)) : undefined;
    const response = this.#options.user.onRequest(request, invite);
    // Section 9.2: the same tag as in the responses to the INVITE.
    const toTag = invite?.toTag ?? this.#options.newTag();
    const forgetLater = this.#options.clock.after(absorbMs, () => this.#others.delete(key));
    const forget = () => {
      forgetLater();
      this.#others.delete(key);
    };
    this.#others.set(key, { response, toTag, forget });
    if (response) this.#options.send(request, source, response, toTag);
  }

  /** Without keeping anything of it. */
  #refuse(request: SipRequest, source: Source): void {
    this.#options.send(request, source, { status: 503, headers: ["Retry-After: 5"] }, this.#options.newTag());
  }

  #isFull(): boolean {
    return this.#invites.size + this.#others.size >= this.#options.limit;
  }
}

function keyOf(request: SipRequest): string {
  return `${request.via.branch} ${request.via.sentBy}`;
}
