/** The server transaction of requests other than INVITE: RFC 3261 section 17.2.2. */
import type { SipRequestMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";
import type { OutgoingResponse } from "../write.ts";
import type { RequestKey } from "./matching.ts";
import { type Arrival, type LayerServer, Responses, type ServerContext } from "./server-transaction.ts";
import type { Share } from "./shares.ts";
import {
  type RequestServerAction,
  type RequestServerEvent,
  type RequestServerState,
  type RequestServerTimer,
  requestServer,
} from "./tables.ts";
import type { Timer, TimerOwner } from "./timers.ts";

export class RequestServer implements LayerServer, TimerOwner<RequestServerTimer> {
  readonly request: SipRequestMessage;
  readonly key: RequestKey;
  share: Share | null = null;
  readonly #context: ServerContext;
  readonly #responses: Responses;
  #state: RequestServerState = "trying";
  #timerJ: Timer | null = null;

  constructor(context: ServerContext, arrival: Arrival) {
    this.#context = context;
    this.request = arrival.request;
    this.key = arrival.key;
    this.#responses = new Responses(arrival, () => context.newTag());
    this.#startJ();
  }

  get state(): RequestServerState {
    return this.#state;
  }

  get flow(): Flow {
    return this.#responses.flow;
  }

  get toTag(): string {
    return this.#responses.toTag;
  }

  respond(response: OutgoingResponse): boolean {
    if (this.#state !== "trying" && this.#state !== "proceeding") return false;
    this.#responses.write(response);
    this.#on(response.status < 200 ? "1xx" : "final");
    return true;
  }

  repeatAnswer(): boolean {
    return false;
  }

  ignore(): void {
    this.#on("ignore");
  }

  onCanceled(): void {}

  onAcknowledged(): void {}

  /** The request came once more. */
  repeated(flow: Flow): void {
    this.#responses.moveTo(flow);
    this.#on("request");
  }

  flowLost(): void {
    this.#on("flow lost");
  }

  abandon(): void {
    this.#enter("terminated");
  }

  expired(timer: RequestServerTimer): void {
    this.#timerJ = null;
    this.#on(timer);
  }

  #on(event: RequestServerEvent): void {
    const step = requestServer[this.#state][event];
    if (step === undefined) return;
    if (step.next !== this.#state) this.#enter(step.next);
    for (const action of step.does) this.#do(action);
  }

  #enter(state: RequestServerState): void {
    this.#state = state;
    if (state !== "terminated") return;
    this.#stopTimer();
    this.#context.over(this);
  }

  #do(action: RequestServerAction): void {
    switch (action) {
      case "send response":
      case "send last response":
        this.#responses.send();
        return;
      case "stop timers":
        this.#stopTimer();
        return;
      case "start J":
        if (this.flow.reliable) this.#on("J");
        else this.#startJ();
    }
  }

  #startJ(): void {
    this.#timerJ = this.#context.timers.start(64 * this.#context.values.t1Ms, this, "J");
  }

  #stopTimer(): void {
    this.#context.timers.stop(this.#timerJ);
    this.#timerJ = null;
  }
}
