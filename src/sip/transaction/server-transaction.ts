/** What the two server transactions have in common: they write and keep responses. */
import type { SipRequestMessage } from "../message.ts";
import type { Share } from "../shares.ts";
import type { Flow, SocketAddress } from "../transport/port.ts";
import { type OutgoingResponse, writeResponse } from "../write.ts";
import type { RequestKey } from "./matching.ts";
import type { ServerTransaction } from "./port.ts";
import type { Timers, TimerValues } from "./timers.ts";

export interface ServerContext {
  readonly timers: Timers;
  readonly values: TimerValues;
  newTag(): string;
  over(transaction: LayerServer): void;
  /** An ACK that belongs to no transaction. */
  acknowledged(request: SipRequestMessage, flow: Flow, atMs: number): void;
}

export interface LayerServer extends ServerTransaction {
  /** The place that it has; the layer's own. Null: of a CANCEL, which has none. */
  share: Share | null;
  readonly key: RequestKey;
  flowLost(): void;
  abandon(): void;
}

/** A request that came, and where its responses go. */
export interface Arrival {
  readonly request: SipRequestMessage;
  readonly key: RequestKey;
  /** Where it came from: for the top Via of responses. */
  readonly source: SocketAddress;
  /** Takes the responses (section 18.2.2). */
  readonly replies: Flow;
}

export class Responses {
  readonly #arrival: Arrival;
  readonly #newTag: () => string;
  #replies: Flow;
  #toTag = "";
  #last = "";

  constructor(arrival: Arrival, newTag: () => string) {
    this.#arrival = arrival;
    this.#replies = arrival.replies;
    this.#newTag = newTag;
  }

  get flow(): Flow {
    return this.#replies;
  }

  /** The far end came back on another flow, and the one before is gone. */
  moveTo(flow: Flow): void {
    if (!this.#replies.open) this.#replies = flow;
  }

  get toTag(): string {
    if (this.#toTag === "") this.#toTag = this.#newTag();
    return this.#toTag;
  }

  /** Makes a response the last one, without sending it. @throws {UnwritableError} */
  write(response: OutgoingResponse): void {
    const { request, source, key } = this.#arrival;
    const needsTag = !key.hasToTag && response.status > 100;
    if (needsTag && response.toTag !== undefined) this.#toTag = response.toTag;
    const { toTag: _, ...rest } = response;
    this.#last = writeResponse(request, source, needsTag ? { ...rest, toTag: this.toTag } : rest);
  }

  send(): void {
    if (this.#last !== "") this.#replies.send(this.#last);
  }
}

/** An ACK: nothing responds to it. */
export class Acknowledgement implements ServerTransaction {
  readonly request: SipRequestMessage;
  readonly flow: Flow;
  readonly toTag = "";

  constructor(request: SipRequestMessage, flow: Flow) {
    this.request = request;
    this.flow = flow;
  }

  respond(): boolean {
    return false;
  }

  repeatAnswer(): boolean {
    return false;
  }

  ignore(): void {}

  onCanceled(): void {}

  onAcknowledged(): void {}
}

/** Whether responses go to the source port (RFC 3581), else to the port of Via (section 18.2.2). Null: the source's. */
export function replyPort({ via }: RequestKey, source: SocketAddress): number | null {
  if (via.rport) return null;
  const port = Number(/:(\d{1,5})$/.exec(via.sentBy)?.[1] ?? 5060);
  return port === source.port || port === 0 || port > 65_535 ? null : port;
}
