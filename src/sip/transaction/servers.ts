/** The server transactions of a process: each request is acted on once, whatever the network repeats. */
import type { Random } from "../../shared/random.ts";
import type { Timers } from "../../shared/timers.ts";
import type { SipRequestMessage } from "../message.ts";
import { Shares } from "../shares.ts";
import { shortKey } from "../short-key.ts";
import type { Flow, Transports } from "../transport/port.ts";
import { type OutgoingResponse, writeResponse } from "../write.ts";
import { ByFlow } from "./by-flow.ts";
import { InviteServer } from "./invite-server.ts";
import { type Kept, KeptBytes } from "./kept-bytes.ts";
import { type RequestKey, requestKey } from "./matching.ts";
import type { ServerTransaction } from "./port.ts";
import { RequestServer } from "./request-server.ts";
import {
  Acknowledgement,
  type Arrival,
  type LayerServer,
  replyPort,
  type ServerContext,
} from "./server-transaction.ts";
import type { TimerValues } from "./timer-values.ts";

export interface ServersOptions {
  readonly timers: Timers;
  readonly values: TimerValues;
  readonly random: Random;
  readonly transports: Pick<Transports, "replyTo">;
  readonly limit: number;
  /** Of kept requests. */
  readonly limitBytes: number;
  /** See `TransactionOptions`. */
  readonly farEndOf: ((flow: Flow) => string) | null;
  readonly user: (transaction: ServerTransaction, atMs: number) => void;
}

/** Of a 503: transactions end within 32 s. */
const retryAfterSeconds = "5";

export class Servers implements ServerContext {
  readonly timers: Timers;
  readonly values: TimerValues;
  readonly #random: Random;
  readonly #transports: Pick<Transports, "replyTo">;
  readonly #shares: Shares<Flow>;
  readonly kept: KeptBytes;
  readonly #user: ServersOptions["user"];
  /** By `RequestKey.transaction`. */
  readonly #invites = new Map<string, InviteServer>();
  /** By `nameOf`. */
  readonly #others = new Map<string, RequestServer>();
  /** Requests outside of a dialog, by `RequestKey.merged`. */
  readonly #merged = new Map<string, LayerServer>();
  readonly #byFlow = new ByFlow<LayerServer>();
  #refused = 0;

  constructor({ timers, values, random, transports, limit, limitBytes, farEndOf, user }: ServersOptions) {
    this.timers = timers;
    this.values = values;
    this.#random = random;
    this.#transports = transports;
    this.#shares = new Shares(limit, farEndOf);
    this.kept = new KeptBytes(limitBytes, farEndOf);
    this.#user = user;
  }

  get size(): number {
    return this.#invites.size + this.#others.size;
  }

  /** Beyond the limits: requests that got 503, and those that gave way to others of their far end. */
  get refused(): number {
    return this.#refused + this.kept.gaveWay;
  }

  receive(request: SipRequestMessage, flow: Flow, atMs: number): void {
    const key = requestKey(request);
    if (key === null) return;
    const { method } = request;
    if (method === "INVITE" || method === "ACK") {
      const known = this.#invites.get(key.transaction);
      if (known !== undefined) known.receive(method, request, flow, atMs);
      else if (method === "ACK") this.acknowledged(request, flow, atMs);
      else this.#begin(request, key, flow, atMs);
      return;
    }
    const known = this.#others.get(nameOf(method, key));
    if (known !== undefined) known.repeated(request, flow);
    else if (method === "CANCEL") this.#cancel(request, key, flow, atMs);
    else this.#begin(request, key, flow, atMs);
  }

  newTag(): string {
    return this.#random.bytes(8).toString("hex");
  }

  acknowledged(request: SipRequestMessage, flow: Flow, atMs: number): void {
    this.#user(new Acknowledgement(request, flow), atMs);
  }

  flowLost(flow: Flow): void {
    this.#byFlow.lost(flow);
  }

  stop(): void {
    for (const transaction of [...this.#invites.values(), ...this.#others.values()]) transaction.abandon();
  }

  over(transaction: LayerServer): void {
    const { key } = transaction;
    this.#byFlow.delete(transaction.flow, transaction);
    if (transaction.share !== null) this.#shares.giveBack(transaction.share);
    transaction.share = null;
    if (transaction instanceof InviteServer) this.#invites.delete(key.transaction);
    else this.#others.delete(key.transaction);
    if (key.merged !== null && this.#merged.get(key.merged) === transaction) this.#merged.delete(key.merged);
  }

  #begin(request: SipRequestMessage, key: RequestKey, flow: Flow, atMs: number): void {
    // Section 8.2.2.2: the same request came by another way, and has its transaction.
    if (key.merged !== null && this.#merged.has(key.merged)) {
      this.#refuse(request, key, flow, { status: 482 });
      return;
    }
    const share = this.#shares.take(flow);
    const kept = share === null ? null : this.kept.keep(flow, request.bytes);
    if (share === null || kept === null) {
      if (share !== null) this.#shares.giveBack(share);
      this.#refused += 1;
      // Section 21.5.4; without a transaction: another 503 answers a repetition.
      this.#refuse(request, key, flow, { status: 503, headers: [["Retry-After", retryAfterSeconds]] });
      return;
    }
    const transaction = this.#add(this.#arrival(request, key, flow, kept));
    transaction.share = share;
    if (key.merged !== null) this.#merged.set(key.merged, transaction);
    try {
      this.#user(transaction, atMs);
    } catch (error) {
      // Its user will not respond: it must not wait for that.
      transaction.ignore();
      throw error;
    }
  }

  /** Section 9.2. */
  #cancel(request: SipRequestMessage, key: RequestKey, flow: Flow, atMs: number): void {
    const invite = this.#invites.get(key.transaction);
    // Without a transaction: nobody limits such CANCELs, and to a repetition the answer is the same.
    if (invite === undefined) {
      this.#refuse(request, key, flow, { status: 481 });
      return;
    }
    if (invite.state === "ignored") return;
    const transaction = this.#add(this.#arrival(request, key, flow, null));
    invite.receive("CANCEL", request, flow, atMs);
    // The tag is that of the responses to the INVITE.
    transaction.respond({ status: 200, toTag: invite.toTag });
  }

  #add(arrival: Arrival): LayerServer {
    const { request, key } = arrival;
    let transaction: LayerServer;
    if (request.method === "INVITE") {
      const invite = new InviteServer(this, arrival);
      this.#invites.set(key.transaction, invite);
      transaction = invite;
    } else {
      const name = nameOf(request.method, key);
      const other = new RequestServer(this, { ...arrival, key: { ...key, transaction: name } });
      this.#others.set(name, other);
      transaction = other;
    }
    this.#byFlow.add(transaction.flow, transaction);
    return transaction;
  }

  #arrival(request: SipRequestMessage, key: RequestKey, flow: Flow, kept: Kept | null): Arrival {
    return { request, key, kept, source: flow.remote, replies: this.#repliesTo(key, flow) };
  }

  #repliesTo(key: RequestKey, flow: Flow): Flow {
    const port = flow.reliable ? null : replyPort(key, flow.remote);
    return port === null ? flow : (this.#transports.replyTo(flow.remote.address, port) ?? flow);
  }

  /** Keeps nothing of the request. */
  #refuse(request: SipRequestMessage, key: RequestKey, flow: Flow, response: OutgoingResponse): void {
    const tagged = key.hasToTag ? response : { ...response, toTag: this.newTag() };
    this.#repliesTo(key, flow).send(writeResponse(request, flow.remote, tagged));
  }
}

/** A transaction's name among those of requests other than INVITE. */
function nameOf(method: string, { transaction }: RequestKey): string {
  return shortKey(`${method} ${transaction}`);
}
