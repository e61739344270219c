/** The client transaction of requests other than INVITE: RFC 3261 section 17.1.2. */
import type { SipResponseMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";
import type { ClientContext, LayerClient } from "./context.ts";
import type { ClientTransaction, ClientUser } from "./port.ts";
import type { Share } from "./shares.ts";
import {
  type RequestClientAction,
  type RequestClientEvent,
  type RequestClientState,
  type RequestClientTimer,
  requestClient,
} from "./tables.ts";
import type { Timer, TimerOwner } from "./timers.ts";

export interface RequestClientOptions {
  readonly context: ClientContext;
  readonly method: string;
  readonly branch: string;
  readonly via: string;
  readonly flow: Flow;
  readonly user: ClientUser | null;
}

export class RequestClient implements ClientTransaction, LayerClient, TimerOwner<RequestClientTimer> {
  readonly method: string;
  readonly branch: string;
  readonly via: string;
  readonly flow: Flow;
  share: Share | null = null;
  readonly #context: ClientContext;
  #state: RequestClientState = "trying";
  #user: ClientUser | null;
  /** While it may be repeated. */
  #message = "";
  #timerEMs: number;
  #timerE: Timer | null = null;
  /** F or K. */
  #timer: Timer | null = null;

  constructor({ context, method, branch, via, flow, user }: RequestClientOptions) {
    this.#context = context;
    this.method = method;
    this.branch = branch;
    this.via = via;
    this.flow = flow;
    this.#user = user;
    this.#timerEMs = context.values.t1Ms;
  }

  /** @returns whether the flow took the request; begins nothing where it did not */
  begin(message: string): boolean {
    if (!this.flow.send(message)) return false;
    if (!this.flow.reliable) {
      this.#message = message;
      this.#do("start E");
    }
    this.#do("start F");
    return true;
  }

  get state(): RequestClientState {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state === "completed" || this.#state === "terminated";
  }

  receive(response: SipResponseMessage, atMs: number): void {
    this.#on(response.status < 200 ? "1xx" : "final", response, atMs);
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
    this.#user = null;
    this.#enter("terminated");
  }

  expired(timer: RequestClientTimer): void {
    if (timer === "E") this.#timerE = null;
    else this.#timer = null;
    this.#on(timer);
  }

  #on(event: RequestClientEvent, response?: SipResponseMessage, atMs = 0): void {
    const step = requestClient[this.#state][event];
    if (step === undefined) return;
    if (step.next !== this.#state) this.#enter(step.next);
    for (const action of step.does) this.#do(action, response, atMs);
  }

  #enter(state: RequestClientState): void {
    this.#state = state;
    if (state !== "terminated") return;
    this.#stopTimers();
    this.#context.over(this);
  }

  #do(action: RequestClientAction, response?: SipResponseMessage, atMs = 0): void {
    switch (action) {
      case "send request":
        this.flow.send(this.#message);
        return;
      case "to user":
        if (response !== undefined) this.#inform(response, atMs);
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
      case "start E":
        this.#startE();
        return;
      case "start F":
        this.#timer = this.#context.timers.start(64 * this.#context.values.t1Ms, this, "F");
        return;
      case "start K":
        this.#linger();
    }
  }

  #inform(response: SipResponseMessage, atMs: number): void {
    const user = this.#user;
    if (response.status >= 200) this.#user = null;
    user?.response(response, atMs);
  }

  #fail(why: "timeout" | "transport"): void {
    const user = this.#user;
    this.#user = null;
    user?.failed(why, false);
  }

  #startE(): void {
    const { t1Ms, t2Ms } = this.#context.values;
    const delayMs = this.#state === "proceeding" ? Math.max(t1Ms, t2Ms) : this.#timerEMs;
    this.#timerE = this.#context.timers.start(delayMs, this, "E");
    this.#timerEMs = Math.max(t1Ms, Math.min(this.#timerEMs * 2, t2Ms));
  }

  #linger(): void {
    this.#message = "";
    if (this.flow.reliable) {
      this.#on("K");
      return;
    }
    this.#timer = this.#context.timers.start(this.#context.values.t4Ms, this, "K");
    this.#context.lingers(this);
  }

  #stopTimers(): void {
    this.#context.timers.stop(this.#timerE);
    this.#context.timers.stop(this.#timer);
    this.#timerE = null;
    this.#timer = null;
  }
}
