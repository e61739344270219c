/** The responses to one request, and what is kept of both: as little as repetitions need (ADR 91). */
import type { SipRequestMessage } from "../message.ts";
import type { Flow, SocketAddress } from "../transport/port.ts";
import { type OutgoingResponse, writeResponse } from "../write.ts";
import type { Kept, KeptBytes } from "./kept-bytes.ts";
import type { Arrival } from "./server-transaction.ts";

/** Of what is ours in a response: longer ones, which repeat what the far end wrote, are not repeated. */
const longestLast = 1024;
const nothing: SipRequestMessage = { kind: "request", method: "", uri: "", headers: [], rest: "", bytes: 0 };

export class Responses {
  readonly #source: SocketAddress;
  readonly #hasToTag: boolean;
  readonly #newTag: () => string;
  readonly #budget: KeptBytes;
  #kept: Kept | null;
  #request: SipRequestMessage | null;
  #replies: Flow;
  #toTag = "";
  /** The last one, as it was given: with the headers of a repeated request it is the same message again. */
  #last: OutgoingResponse | null = null;
  #unsent = "";

  constructor({ request, key, source, replies, kept }: Arrival, newTag: () => string, budget: KeptBytes) {
    this.#source = source;
    this.#hasToTag = key.hasToTag;
    this.#newTag = newTag;
    this.#budget = budget;
    this.#kept = kept;
    this.#request = request;
    this.#replies = replies;
  }

  /** An empty one where it is not kept any more. */
  get request(): SipRequestMessage {
    return this.#request ?? nothing;
  }

  get hasRequest(): boolean {
    return this.#request !== null;
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
    if (this.#request === null) return;
    const needsTag = !this.#hasToTag && response.status > 100;
    if (needsTag && response.toTag !== undefined) this.#toTag = response.toTag;
    const { toTag: _, ...rest } = response;
    const last = needsTag ? { ...rest, toTag: this.toTag } : rest;
    this.#unsent = writeResponse(this.#request, this.#source, last);
    this.#last = last;
  }

  /**
   * Sends the last response, or sends it again.
   * @param request as the far end repeated it; left out: the one that is kept
   * @returns false where there is none, or nothing is kept to write it again
   */
  send(request = this.#request): boolean {
    let text = this.#unsent;
    this.#unsent = "";
    if (text === "" && this.#last !== null && request !== null) {
      text = writeResponse(request, this.#source, this.#last);
    }
    if (text !== "") this.#replies.send(text);
    return text !== "";
  }

  /** The final response was given. @param needsRequest it is sent again without a repetition */
  settle(needsRequest: boolean): void {
    if (!needsRequest) this.drop();
    else if (this.#kept !== null) this.#budget.answered(this.#kept, () => this.#letGo());
  }

  /** Keeps the request no longer. Idempotent. */
  drop(): void {
    if (this.#kept !== null) this.#budget.release(this.#kept);
    this.#letGo();
  }

  #letGo(): void {
    this.#kept = null;
    this.#request = null;
    if (this.#last !== null && ownLength(this.#last) > longestLast) this.#last = null;
  }
}

function ownLength({ headers = [], body = "" }: OutgoingResponse): number {
  return headers.reduce((length, [name, value]) => length + name.length + value.length, body.length);
}
