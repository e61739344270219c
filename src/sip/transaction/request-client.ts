/** The client transaction of requests other than INVITE: RFC 3261 section 17.1.2. */
import type { SipResponseMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";
import { ClientMachine, type CommonAction } from "./client-machine.ts";
import type { ClientContext } from "./context.ts";
import type { ClientUser } from "./port.ts";
import { type RequestClientAction, type RequestClientEvent, type RequestClientState, requestClient } from "./tables.ts";

export interface RequestClientOptions {
  readonly context: ClientContext;
  readonly method: string;
  readonly branch: string;
  readonly via: string;
  readonly flow: Flow;
  readonly user: ClientUser | null;
}

type OwnAction = Exclude<RequestClientAction, CommonAction>;

export class RequestClient extends ClientMachine<RequestClientState, RequestClientEvent, OwnAction> {
  readonly method: string;
  readonly via: string;
  #timerEMs: number;

  constructor({ context, method, branch, via, flow, user }: RequestClientOptions) {
    super(context, branch, flow, user, "trying");
    this.method = method;
    this.via = via;
    this.#timerEMs = context.values.t1Ms;
  }

  protected get table() {
    return requestClient;
  }

  get ended(): boolean {
    return this.state === "completed" || this.state === "terminated";
  }

  receive(response: SipResponseMessage, atMs: number): void {
    this.on(response.status < 200 ? "1xx" : "final", response, atMs);
  }

  protected startFirst(): void {
    if (!this.flow.reliable) this.#startE();
    this.start("F", 64 * this.context.values.t1Ms);
  }

  protected act(action: OwnAction): void {
    if (action === "send request") this.flow.send(this.message);
    else if (action === "start E") this.#startE();
    else if (action === "start K") {
      this.message = "";
      this.linger("K", this.context.values.t4Ms);
    }
  }

  #startE(): void {
    const { t1Ms, t2Ms } = this.context.values;
    this.start("E", this.state === "proceeding" ? Math.max(t1Ms, t2Ms) : this.#timerEMs);
    this.#timerEMs = Math.max(t1Ms, Math.min(this.#timerEMs * 2, t2Ms));
  }
}
