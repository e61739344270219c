/** What the two server transactions have in common: a request that came, and the responses that its user gives. */
import type { SipRequestMessage } from "../message.ts";
import type { Share } from "../shares.ts";
import type { Flow } from "../transport/port.ts";
import type { OutgoingResponse } from "../write.ts";
import { Machine } from "./machine.ts";
import type { RequestKey } from "./matching.ts";
import { type Arrival, type LayerServer, Responses, type ServerContext } from "./server-transaction.ts";

export type CommonAction = "send response" | "send last response";

export abstract class ServerMachine<State extends string, Event extends string, Action extends string, Subject = never>
  extends Machine<State, Event | "flow lost" | "ignore", Action | CommonAction, Subject, ServerContext>
  implements LayerServer
{
  readonly request: SipRequestMessage;
  readonly key: RequestKey;
  share: Share | null = null;
  protected readonly responses: Responses;

  constructor(context: ServerContext, arrival: Arrival, state: State) {
    super(context, state);
    this.request = arrival.request;
    this.key = arrival.key;
    this.responses = new Responses(arrival, () => context.newTag());
  }

  /** The event of a response of the user; null: none can be given any more. */
  protected abstract eventOf(status: number): Event | null;
  protected abstract act(action: Action, subject: Subject | undefined): void;
  abstract onCanceled(receiver: () => void): void;
  abstract onAcknowledged(receiver: () => void): void;
  abstract repeatAnswer(): boolean;

  get flow(): Flow {
    return this.responses.flow;
  }

  get toTag(): string {
    return this.responses.toTag;
  }

  respond(response: OutgoingResponse): boolean {
    const event = this.eventOf(response.status);
    if (event === null) return false;
    this.responses.write(response);
    this.on(event);
    return true;
  }

  ignore(): void {
    this.on("ignore");
  }

  flowLost(): void {
    this.on("flow lost");
  }

  protected entered(state: State): void {
    if (state === "terminated") this.context.over(this);
  }

  protected do(action: Action | CommonAction, subject: Subject | undefined): void {
    if (action === "send response" || action === "send last response") this.responses.send();
    else this.act(action as Action, subject);
  }
}
