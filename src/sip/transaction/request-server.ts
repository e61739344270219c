/** The server transaction of requests other than INVITE: RFC 3261 section 17.2.2. */
import type { SipRequestMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";
import { type CommonAction, ServerMachine } from "./server-machine.ts";
import type { Arrival, ServerContext } from "./server-transaction.ts";
import { type RequestServerAction, type RequestServerEvent, type RequestServerState, requestServer } from "./tables.ts";

type OwnAction = Exclude<RequestServerAction, CommonAction>;

export class RequestServer extends ServerMachine<RequestServerState, RequestServerEvent, OwnAction> {
  constructor(context: ServerContext, arrival: Arrival) {
    super(context, arrival, "trying");
    this.#startJ();
  }

  protected get table() {
    return requestServer;
  }

  protected eventOf(status: number): "1xx" | "final" | null {
    if (this.state !== "trying" && this.state !== "proceeding") return null;
    return status < 200 ? "1xx" : "final";
  }

  repeatAnswer(): boolean {
    return false;
  }

  onCanceled(): void {}

  onAcknowledged(): void {}

  /** A response is sent again to a repetition alone. */
  protected get needsRequest(): boolean {
    return false;
  }

  /** The request came once more. */
  repeated(request: SipRequestMessage, flow: Flow): void {
    this.responses.moveTo(flow);
    this.on("request", { request, flow });
  }

  protected act(action: OwnAction): void {
    if (action !== "start J") return;
    if (this.flow.reliable) this.on("J");
    else this.#startJ();
  }

  #startJ(): void {
    this.start("J", 64 * this.context.values.t1Ms);
  }
}
