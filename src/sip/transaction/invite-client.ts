/** The INVITE client transaction: RFC 3261 section 17.1.1 with RFC 6026, and the CANCEL of section 9.1. */
import { headerOf, type SipResponseMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";
import { type HeaderLine, type SentInvite, writeAck } from "../write.ts";
import type { ClientContext, LayerClient } from "./context.ts";
import type { ClientUser, InviteClientTransaction } from "./port.ts";
import type { Share } from "./shares.ts";
import {
  type InviteClientAction,
  type InviteClientEvent,
  type InviteClientState,
  type InviteClientTimer,
  inviteClient,
} from "./tables.ts";
import type { Timer, TimerOwner } from "./timers.ts";

interface HeldCancel {
  readonly headers: readonly HeaderLine[];
  readonly user: ClientUser | undefined;
}

/** Fields are emptied as soon as they are of no use: over UDP a transaction is kept for 32 s after its end. */
export class InviteClient implements InviteClientTransaction, LayerClient, TimerOwner<InviteClientTimer> {
  readonly method = "INVITE";
  readonly branch: string;
  readonly flow: Flow;
  share: Share | null = null;
  readonly #context: ClientContext;
  #state: InviteClientState;
  #sent: SentInvite | null;
  #user: ClientUser | null;
  /** The user of an answered INVITE, for the 2xx that follow; others have no user left. */
  #answers: ClientUser | null = null;
  #cancel: HeldCancel | null = null;
  /** The INVITE while it may be repeated; the ACK afterwards. */
  #message = "";
  #timerAMs = 0;
  #timerA: Timer | null = null;
  /** B, D or M. */
  #timer: Timer | null = null;

  /** @param state `proceeding` for one that another process sent */
  constructor(
    context: ClientContext,
    sent: SentInvite,
    flow: Flow,
    user: ClientUser,
    state: "calling" | "proceeding" = "calling",
  ) {
    this.#context = context;
    this.#sent = sent;
    this.branch = sent.branch;
    this.flow = flow;
    this.#user = user;
    this.#state = state;
  }

  /** @returns whether the flow took the INVITE; begins nothing where it did not */
  begin(message: string): boolean {
    if (!this.flow.send(message)) return false;
    if (!this.flow.reliable) {
      this.#message = message;
      this.#timerAMs = this.#context.values.t1Ms;
      this.#do("start A");
    }
    this.#do("start B");
    return true;
  }

  get state(): InviteClientState {
    return this.#state;
  }

  get ended(): boolean {
    return this.#user === null;
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
    this.#on("cancel");
  }

  receive(response: SipResponseMessage, atMs: number): void {
    const { status } = response;
    this.#on(status < 200 ? "1xx" : status < 300 ? "2xx" : "300+", response, atMs);
  }

  flowLost(): void {
    this.#on("flow lost");
  }

  giveUp(neverSent: boolean): () => void {
    const user = this.#user;
    this.abandon();
    return () => user?.failed("transport", neverSent);
  }

  abandon(): void {
    this.#enter("terminated");
    this.#user = null;
  }

  expired(timer: InviteClientTimer): void {
    if (timer === "A") this.#timerA = null;
    else this.#timer = null;
    this.#on(timer);
  }

  #on(event: InviteClientEvent, response?: SipResponseMessage, atMs = 0): void {
    const step = inviteClient[this.#state][event];
    if (step === undefined) return;
    if (step.next !== this.#state) this.#enter(step.next);
    for (const action of step.does) this.#do(action, response, atMs);
  }

  #enter(state: InviteClientState): void {
    this.#state = state;
    if (state !== "terminated") return;
    this.#stopTimers();
    this.#context.over(this);
  }

  #do(action: InviteClientAction, response?: SipResponseMessage, atMs = 0): void {
    switch (action) {
      case "send INVITE":
        this.flow.send(this.#message);
        return;
      case "send ACK":
        if (response !== undefined) this.#acknowledge(response);
        return;
      case "hold CANCEL":
        return;
      case "send CANCEL":
        this.#sendCancel();
        return;
      case "send held CANCEL":
        this.#message = "";
        if (this.#cancel !== null) this.#on("cancel");
        return;
      case "to user":
        if (response !== undefined) this.#inform(response, atMs);
        return;
      case "to user, repeated":
        if (response !== undefined) this.#answers?.repeatedAnswer?.(response, atMs);
        return;
      case "to user, stray":
        if (response !== undefined) this.#context.stray(response, this.flow);
        return;
      case "fail: timeout":
        this.#fail("timeout");
        return;
      case "fail: transport":
        this.#fail("transport");
        return;
      case "stop timers":
        this.#stopTimers();
        return;
      case "start A":
        this.#timerA = this.#context.timers.start(this.#timerAMs, this, "A");
        this.#timerAMs *= 2;
        return;
      case "start B":
        this.#start("B");
        return;
      case "start D":
        this.#linger();
        return;
      case "start M":
        this.#message = "";
        this.#sent = null;
        this.#start("M");
    }
  }

  #inform(response: SipResponseMessage, atMs: number): void {
    const user = this.#user;
    if (response.status >= 200) {
      if (this.#state === "accepted") this.#answers = user;
      this.#user = null;
    }
    user?.response(response, atMs);
  }

  #fail(why: "timeout" | "transport"): void {
    const user = this.#user;
    this.#user = null;
    user?.failed(why, false);
  }

  #sendCancel(): void {
    if (this.#sent === null || this.#cancel === null) return;
    this.#context.cancel(this.#sent, this.#cancel.headers, this.flow, this.#cancel.user);
  }

  /** Section 17.1.1.3. Only the text is kept, for the repetitions of the final response. */
  #acknowledge(response: SipResponseMessage): void {
    if (this.#sent !== null) {
      this.#message = writeAck(this.#sent, headerOf(response, "to") ?? this.#sent.to);
      this.#sent = null;
    }
    this.flow.send(this.#message);
  }

  #linger(): void {
    this.#cancel = null;
    if (this.flow.reliable) {
      this.#on("D");
      return;
    }
    this.#start("D");
    this.#context.lingers(this);
  }

  /** B, D and M are of the same length: with the usual values D's 32 s are 64 × T1. */
  #start(timer: "B" | "D" | "M"): void {
    this.#context.timers.stop(this.#timer);
    this.#timer = this.#context.timers.start(64 * this.#context.values.t1Ms, this, timer);
  }

  #stopTimers(): void {
    this.#context.timers.stop(this.#timerA);
    this.#context.timers.stop(this.#timer);
    this.#timerA = null;
    this.#timer = null;
  }
}

const nothingSent: SentInvite = { uri: "", via: "", branch: "", from: "", to: "", callId: "", cseq: 0, routes: [] };
