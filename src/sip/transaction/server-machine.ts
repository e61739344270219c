/** What the two server transactions have in common: a request that came, and the responses that its user gives. */
import type { SipRequestMessage } from "../message.ts";
import type { Share } from "../shares.ts";
import type { Flow } from "../transport/port.ts";
import type { OutgoingResponse } from "../write.ts";
import { Machine } from "./machine.ts";
import { Responses } from "./responses.ts";
import type { Arrival, LayerServer, ServerContext, ShortKey } from "./server-transaction.ts";

export type CommonAction = "send response" | "send last response";

/** A request that the far end sent later: a repetition, or what belongs to the first. */
export interface Later {
  readonly request: SipRequestMessage;
  readonly flow: Flow;
}

export abstract class ServerMachine<State extends string, Event extends string, Action extends string>
  extends Machine<State, Event | "flow lost" | "ignore", Action | CommonAction, Later, ServerContext>
  implements LayerServer
{
  readonly key: ShortKey;
  share: Share | null = null;
  protected readonly responses: Responses;

  constructor(context: ServerContext, arrival: Arrival, state: State) {
    super(context, state);
    const { transaction, merged } = arrival.key;
    this.key = { transaction, merged };
    this.responses = new Responses(arrival, () => context.newTag(), context.kept);
  }

  /** The event of a response of the user; null: none can be given any more. */
  protected abstract eventOf(status: number): Event | null;
  /** After the final response: whether it is sent again without a repetition of the request, or its user waits for the ACK. */
  protected abstract get needsRequest(): boolean;
  protected abstract act(action: Action, later: Later | undefined, atMs: number): void;
  abstract onCanceled(receiver: () => void): void;
  abstract onAcknowledged(receiver: () => void): void;
  abstract repeatAnswer(): boolean;

  get request(): SipRequestMessage {
    return this.responses.request;
  }

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
    if (response.status >= 200) this.responses.settle(this.needsRequest);
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
    if (state === "terminated" || state === "ignored" || state === "confirmed") this.responses.drop();
  }

  protected do(action: Action | CommonAction, later: Later | undefined, atMs: number): void {
    if (action === "send response" || action === "send last response") this.responses.send(later?.request);
    else this.act(action as Action, later, atMs);
  }
}
