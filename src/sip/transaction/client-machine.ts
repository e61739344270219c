/** What the two client transactions have in common: a request that was sent over a flow, and a user who learns what becomes of it. */
import type { SipResponseMessage } from "../message.ts";
import type { Share } from "../shares.ts";
import type { Flow } from "../transport/port.ts";
import type { ClientContext, LayerClient } from "./context.ts";
import { Machine } from "./machine.ts";
import type { ClientTransaction, ClientUser } from "./port.ts";

export type CommonAction = "to user" | "fail: timeout" | "fail: transport";

export abstract class ClientMachine<State extends string, Event extends string, Action extends string>
  extends Machine<State, Event | "flow lost", Action | CommonAction, SipResponseMessage, ClientContext>
  implements ClientTransaction, LayerClient
{
  readonly branch: string;
  readonly flow: Flow;
  share: Share | null = null;
  protected user: ClientUser | null;
  /** What is repeated; '' where nothing is. */
  protected message = "";

  constructor(context: ClientContext, branch: string, flow: Flow, user: ClientUser | null, state: State) {
    super(context, state);
    this.branch = branch;
    this.flow = flow;
    this.user = user;
  }

  abstract readonly method: string;
  abstract get via(): string;
  abstract get ended(): boolean;
  abstract receive(response: SipResponseMessage, atMs: number): void;
  /** Starts the timers that run from the sending on. */
  protected abstract startFirst(): void;
  protected abstract act(action: Action, response: SipResponseMessage | undefined, atMs: number): void;

  /** @returns whether the flow took the request; begins nothing where it did not */
  begin(message: string): boolean {
    if (!this.flow.send(message)) return false;
    if (!this.flow.reliable) this.message = message;
    this.startFirst();
    return true;
  }

  flowLost(): void {
    this.on("flow lost");
  }

  giveUp(neverSent: boolean): () => void {
    const { user } = this;
    this.abandon();
    return () => user?.failed("transport", neverSent);
  }

  override abandon(): void {
    super.abandon();
    this.user = null;
  }

  protected entered(state: State): void {
    if (state === "terminated") this.context.over(this);
  }

  protected do(action: Action | CommonAction, response: SipResponseMessage | undefined, atMs: number): void {
    if (action === "to user") {
      if (response !== undefined) this.inform(response, atMs);
    } else if (action === "fail: timeout") this.#fail("timeout");
    else if (action === "fail: transport") this.#fail("transport");
    else this.act(action as Action, response, atMs);
  }

  protected inform(response: SipResponseMessage, atMs: number): void {
    const { user } = this;
    if (response.status >= 200) this.user = null;
    user?.response(response, atMs);
  }

  /** Absorbs repetitions of the final response, where there can be some. @param timer that ends it */
  protected linger(timer: Event, delayMs: number): void {
    if (this.flow.reliable) {
      this.on(timer);
      return;
    }
    this.start(timer, delayMs);
    this.context.lingers(this);
  }

  #fail(why: "timeout" | "transport"): void {
    const { user } = this;
    this.user = null;
    user?.failed(why, false);
  }
}
