/** The INVITE client transaction: RFC 3261 section 17.1.1 with RFC 6026, and the CANCEL of section 9.1. */
import { headerOf, type SipResponseMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";
import { type HeaderLine, type SentInvite, writeAck } from "../write.ts";
import { ClientMachine, type CommonAction } from "./client-machine.ts";
import type { ClientContext } from "./context.ts";
import type { ClientUser, InviteClientTransaction } from "./port.ts";
import { type InviteClientAction, type InviteClientEvent, type InviteClientState, inviteClient } from "./tables.ts";

interface HeldCancel {
  readonly headers: readonly HeaderLine[];
  readonly user: ClientUser | undefined;
}

type OwnAction = Exclude<InviteClientAction, CommonAction>;

/** Fields are emptied as soon as they are of no use: over UDP a transaction is kept for 32 s after its end. */
export class InviteClient
  extends ClientMachine<InviteClientState, InviteClientEvent, OwnAction>
  implements InviteClientTransaction
{
  readonly method = "INVITE";
  #sent: SentInvite | null;
  /** The user of an answered INVITE, for the 2xx that follow; others have no user left. */
  #answers: ClientUser | null = null;
  #cancel: HeldCancel | null = null;
  #timerAMs: number;

  /** @param state `proceeding` for one that another process sent */
  constructor(
    context: ClientContext,
    sent: SentInvite,
    flow: Flow,
    user: ClientUser,
    state: "calling" | "proceeding" = "calling",
  ) {
    super(context, sent.branch, flow, user, state);
    this.#sent = sent;
    this.#timerAMs = context.values.t1Ms;
  }

  protected get table() {
    return inviteClient;
  }

  get ended(): boolean {
    return this.user === null;
  }

  get sent(): SentInvite {
    return this.#sent ?? nothingSent;
  }

  get via(): string {
    return this.#sent?.via ?? "";
  }

  cancel(headers: readonly HeaderLine[] = [], user?: ClientUser): void {
    if (this.ended || this.#cancel !== null) return;
    this.#cancel = { headers, user };
    this.on("cancel");
  }

  giveUpRepeating(): void {
    this.on("given up");
  }

  receive(response: SipResponseMessage, atMs: number): void {
    const { status } = response;
    this.on(status < 200 ? "1xx" : status < 300 ? "2xx" : "300+", response, atMs);
  }

  protected startFirst(): void {
    if (!this.flow.reliable) this.#startA();
    this.#startEnd("B");
  }

  protected act(action: OwnAction, response: SipResponseMessage | undefined, atMs: number): void {
    switch (action) {
      case "send INVITE":
        this.flow.send(this.message);
        return;
      case "send ACK":
        if (response !== undefined) this.#acknowledge(response);
        return;
      case "send CANCEL":
        this.#sendCancel();
        return;
      case "send held CANCEL":
        this.message = "";
        if (this.#cancel !== null) this.on("cancel");
        return;
      case "to user, repeated":
        if (response !== undefined) this.#answers?.repeatedAnswer?.(response, atMs);
        return;
      case "to user, stray":
        if (response !== undefined) this.context.stray(response, this.flow);
        return;
      case "start A":
        this.#startA();
        return;
      case "stop A":
        this.message = "";
        this.stopRepeating();
        return;
      case "start B":
        this.#startEnd("B");
        return;
      case "start D":
        this.#cancel = null;
        this.linger("D", this.#endMs);
        return;
      case "start M":
        this.message = "";
        this.#sent = null;
        this.#startEnd("M");
    }
  }

  protected override inform(response: SipResponseMessage, atMs: number): void {
    if (this.state === "accepted") this.#answers = this.user;
    super.inform(response, atMs);
  }

  #sendCancel(): void {
    if (this.#sent === null || this.#cancel === null) return;
    this.context.cancel(this.#sent, this.#cancel.headers, this.flow, this.#cancel.user);
  }

  /**
   * Section 17.1.1.3. Only the text is kept, for the repetitions of the final response; with a To as long as its message not even
   * that: each repetition brings it again.
   */
  #acknowledge(response: SipResponseMessage): void {
    const text = this.#sent === null ? this.message : writeAck(this.#sent, headerOf(response, "to") ?? this.#sent.to);
    if (text.length <= longestAck) {
      this.message = text;
      this.#sent = null;
    }
    this.flow.send(text);
  }

  /** B, D and M are of the same length: with the usual values D's 32 s are 64 × T1. */
  get #endMs(): number {
    return 64 * this.context.values.t1Ms;
  }

  #startEnd(timer: "B" | "M"): void {
    this.start(timer, this.#endMs);
  }

  #startA(): void {
    this.start("A", this.#timerAMs);
    this.#timerAMs *= 2;
  }
}

const longestAck = 2048;
const nothingSent: SentInvite = { uri: "", via: "", branch: "", from: "", to: "", callId: "", cseq: 0, routes: [] };
