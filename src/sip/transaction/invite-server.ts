/** The INVITE server transaction: RFC 3261 section 17.2.1 with RFC 6026. */
import { tagOf } from "../header.ts";
import { headerOf, type SipRequestMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";
import type { OutgoingResponse } from "../write.ts";
import type { RequestKey } from "./matching.ts";
import { type Arrival, type LayerServer, Responses, type ServerContext } from "./server-transaction.ts";
import type { Share } from "./shares.ts";
import {
  type InviteServerAction,
  type InviteServerEvent,
  type InviteServerState,
  type InviteServerTimer,
  inviteServer,
} from "./tables.ts";
import type { Timer, TimerOwner } from "./timers.ts";

/** Section 17.2.1: where the user has said nothing by then, 100 stops the client's repetitions. */
const tryingMs = 200;

export class InviteServer implements LayerServer, TimerOwner<InviteServerTimer> {
  readonly request: SipRequestMessage;
  readonly key: RequestKey;
  share: Share | null = null;
  readonly #context: ServerContext;
  readonly #responses: Responses;
  #state: InviteServerState = "proceeding";
  #canceled: (() => void) | null = null;
  #acknowledged: (() => void) | null = null;
  #timerGMs: number;
  #timerG: Timer | null = null;
  /** 100, H, I or L. */
  #timer: Timer | null = null;

  constructor(context: ServerContext, arrival: Arrival) {
    this.#context = context;
    this.request = arrival.request;
    this.key = arrival.key;
    this.#responses = new Responses(arrival, () => context.newTag());
    this.#timerGMs = context.values.t1Ms;
    this.#start("100", tryingMs);
  }

  get state(): InviteServerState {
    return this.#state;
  }

  get flow(): Flow {
    return this.#responses.flow;
  }

  get toTag(): string {
    return this.#responses.toTag;
  }

  respond(response: OutgoingResponse): boolean {
    if (this.#state !== "proceeding") return false;
    const { status } = response;
    this.#responses.write(response);
    this.#on(status < 200 ? "1xx" : status < 300 ? "2xx" : "300+");
    return true;
  }

  repeatAnswer(): boolean {
    if (this.#state !== "accepted") return false;
    this.#on("2xx");
    return true;
  }

  ignore(): void {
    this.#on("ignore");
  }

  onCanceled(receiver: () => void): void {
    this.#canceled = receiver;
  }

  onAcknowledged(receiver: () => void): void {
    this.#acknowledged = receiver;
  }

  /** @param flow where the repetition, ACK or CANCEL came from */
  receive(method: "INVITE" | "ACK" | "CANCEL", request: SipRequestMessage, flow: Flow, atMs: number): void {
    this.#responses.moveTo(flow);
    if (method === "ACK" && this.#state === "completed" && tagOf(headerOf(request, "to") ?? "") === this.toTag) {
      const acknowledged = this.#acknowledged;
      this.#acknowledged = null;
      acknowledged?.();
    }
    this.#on(method, () => this.#context.acknowledged(request, flow, atMs));
  }

  flowLost(): void {
    this.#on("flow lost");
  }

  abandon(): void {
    this.#enter("terminated");
  }

  expired(timer: InviteServerTimer): void {
    if (timer === "G") this.#timerG = null;
    else this.#timer = null;
    this.#on(timer);
  }

  #on(event: InviteServerEvent, acknowledged?: () => void): void {
    const step = inviteServer[this.#state][event];
    if (step === undefined) return;
    if (step.next !== this.#state) this.#enter(step.next);
    for (const action of step.does) this.#do(action, acknowledged);
  }

  #enter(state: InviteServerState): void {
    this.#state = state;
    this.#canceled = null;
    if (state !== "terminated") return;
    this.#stopTimers();
    this.#context.over(this);
  }

  #do(action: InviteServerAction, acknowledged?: () => void): void {
    const { t1Ms, t2Ms, t4Ms } = this.#context.values;
    switch (action) {
      case "send response":
      case "send last response":
        this.#responses.send();
        return;
      case "send 100":
        this.#responses.write({ status: 100 });
        this.#responses.send();
        return;
      case "canceled":
        this.#canceled?.();
        return;
      case "ACK to user":
        acknowledged?.();
        return;
      case "stop timers":
        this.#stopTimers();
        return;
      case "start 100":
        this.#start("100", tryingMs);
        return;
      case "start G":
        if (this.flow.reliable) return;
        this.#timerG = this.#context.timers.start(this.#timerGMs, this, "G");
        this.#timerGMs = Math.max(t1Ms, Math.min(this.#timerGMs * 2, t2Ms));
        return;
      case "start H":
        this.#start("H", 64 * t1Ms);
        return;
      case "start L":
        this.#start("L", 64 * t1Ms);
        return;
      case "start I":
        if (this.flow.reliable) this.#on("I");
        else this.#start("I", t4Ms);
    }
  }

  #start(name: InviteServerTimer, delayMs: number): void {
    this.#timer = this.#context.timers.start(delayMs, this, name);
  }

  #stopTimers(): void {
    this.#context.timers.stop(this.#timerG);
    this.#context.timers.stop(this.#timer);
    this.#timerG = null;
    this.#timer = null;
  }
}
