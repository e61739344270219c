/** The client transactions of a process: begins them, and gives each response to its own. */
import { LatestMap } from "../../shared/latest-map.ts";
import type { Random } from "../../shared/random.ts";
import type { Timers } from "../../shared/timers.ts";
import type { SipResponseMessage } from "../message.ts";
import { magicCookie } from "../request-reading.ts";
import { Shares } from "../shares.ts";
import type { Flow } from "../transport/port.ts";
import { checkSentInvite, sentInvite, writeCancel, writeRequest } from "../write.ts";
import { ByFlow } from "./by-flow.ts";
import type { ClientContext, LayerClient } from "./context.ts";
import { InviteClient } from "./invite-client.ts";
import { isOurVia, responseKey } from "./matching.ts";
import type {
  ClientTransaction,
  ClientUser,
  HeaderLine,
  InviteClientTransaction,
  OutgoingRequest,
  SentInvite,
} from "./port.ts";
import { RequestClient } from "./request-client.ts";
import type { TimerValues } from "./timer-values.ts";

export interface ClientsOptions {
  readonly timers: Timers;
  readonly values: TimerValues;
  readonly random: Random;
  /** Of transactions that wait for a response, and as many that only absorb repetitions. */
  readonly limit: number;
  /** See `TransactionOptions`. */
  readonly farEndOf: ((flow: Flow) => string) | null;
  readonly stray: (response: SipResponseMessage, flow: Flow) => void;
  /** Runs what a user does outside of a message's or timer's turn. */
  readonly guarded: (act: () => void) => void;
}

export class Clients implements ClientContext {
  readonly timers: Timers;
  readonly values: TimerValues;
  readonly #random: Random;
  readonly #limit: number;
  readonly #shares: Shares<Flow>;
  readonly #stray: ClientsOptions["stray"];
  readonly #guarded: ClientsOptions["guarded"];
  /** By branch. */
  readonly #waiting = new Map<string, LayerClient>();
  /** CANCELs, which have the branch of their INVITE. */
  readonly #cancels = new LatestMap<string, LayerClient>(Number.POSITIVE_INFINITY);
  /** Over UDP, after the final response; the oldest are given up where there are too many. */
  readonly #lingering = new LatestMap<string, LayerClient>(Number.POSITIVE_INFINITY);
  readonly #byFlow = new ByFlow<LayerClient>();
  #stopped = false;
  /** Beyond the limit. */
  refused = 0;

  constructor({ timers, values, random, limit, farEndOf, stray, guarded }: ClientsOptions) {
    this.timers = timers;
    this.values = values;
    this.#random = random;
    this.#limit = limit;
    this.#shares = new Shares(limit, farEndOf);
    this.#stray = stray;
    this.#guarded = guarded;
  }

  get size(): number {
    return this.#waiting.size + this.#cancels.size + this.#lingering.size;
  }

  invite(request: OutgoingRequest, flow: Flow, user: ClientUser): InviteClientTransaction {
    const branch = this.#newBranch();
    const via = viaOf(flow, branch);
    const sent = sentInvite(request, via, branch);
    const message = writeRequest(request, via);
    const transaction = new InviteClient(this, sent, flow, user);
    this.#begin(transaction, () => transaction.begin(message));
    return transaction;
  }

  takeOver(sent: SentInvite, flow: Flow, user: ClientUser): InviteClientTransaction {
    checkSentInvite(sent);
    const transaction = new InviteClient(this, sent, flow, user, "proceeding");
    this.#begin(transaction, () => flow.open && !this.#waiting.has(sent.branch));
    return transaction;
  }

  request(request: OutgoingRequest, flow: Flow, user: ClientUser): ClientTransaction {
    const { method } = request;
    const branch = this.#newBranch();
    const via = viaOf(flow, branch);
    const message = writeRequest(request, via);
    const transaction = new RequestClient({ context: this, method, branch, via, flow, user });
    this.#begin(transaction, () => transaction.begin(message));
    return transaction;
  }

  acknowledge(request: OutgoingRequest, flow: Flow): boolean {
    return flow.send(writeRequest(request, viaOf(flow, this.#newBranch())));
  }

  cancel(invite: SentInvite, headers: readonly HeaderLine[], flow: Flow, user: ClientUser | undefined): void {
    const { branch, via } = invite;
    const message = writeCancel(invite, headers);
    const transaction = new RequestClient({ context: this, method: "CANCEL", branch, via, flow, user: user ?? null });
    if (this.#cancels.size >= this.#limit) this.#cancels.oldest()?.[1].abandon();
    this.#cancels.set(branch, transaction);
    this.#byFlow.add(flow, transaction);
    if (!transaction.begin(message)) this.#endLater(transaction, true);
  }

  receive(response: SipResponseMessage, flow: Flow, atMs: number): void {
    const key = responseKey(response);
    if (key === null) return;
    const { branch, method, via } = key;
    const transaction =
      method === "CANCEL" ? this.#cancels.get(branch) : (this.#waiting.get(branch) ?? this.#lingering.get(branch));
    if (transaction === undefined || transaction.method !== method) this.#stray(response, flow);
    else if (transaction.via === "" || isOurVia(via, transaction.via)) transaction.receive(response, atMs);
  }

  flowLost(flow: Flow): void {
    this.#byFlow.lost(flow);
  }

  stop(): void {
    this.#stopped = true;
    for (const transactions of [this.#waiting, this.#cancels, this.#lingering]) {
      for (const transaction of [...transactions.values()]) this.#endLater(transaction, false);
    }
  }

  lingers(transaction: LayerClient): void {
    const { branch, flow, method } = transaction;
    this.#byFlow.delete(flow, transaction);
    if (method === "CANCEL") return;
    if (forget(this.#waiting, branch, transaction)) this.#leave(transaction);
    if (this.#lingering.size >= this.#limit) this.#lingering.oldest()?.[1].abandon();
    this.#lingering.set(branch, transaction);
  }

  over(transaction: LayerClient): void {
    const { branch, flow, method } = transaction;
    this.#byFlow.delete(flow, transaction);
    if (method === "CANCEL") forget(this.#cancels, branch, transaction);
    else if (forget(this.#waiting, branch, transaction)) this.#leave(transaction);
    else forget(this.#lingering, branch, transaction);
  }

  stray(response: SipResponseMessage, flow: Flow): void {
    this.#stray(response, flow);
  }

  #begin(transaction: LayerClient, begin: () => boolean): void {
    const share = this.#stopped ? null : this.#shares.take(transaction.flow);
    if (share === null && !this.#stopped) this.refused += 1;
    if (share === null || !begin()) {
      if (share !== null) this.#shares.giveBack(share);
      this.#endLater(transaction, true);
      return;
    }
    transaction.share = share;
    this.#waiting.set(transaction.branch, transaction);
    this.#byFlow.add(transaction.flow, transaction);
  }

  /** It waits no longer. */
  #leave(transaction: LayerClient): void {
    if (transaction.share !== null) this.#shares.giveBack(transaction.share);
    transaction.share = null;
  }

  /** The user gets the transaction, which has ended, before the end is reported to it. */
  #endLater(transaction: LayerClient, neverSent: boolean): void {
    const inform = transaction.giveUp(neverSent);
    queueMicrotask(() => this.#guarded(inform));
  }

  /** 80 random bits: no one can make a response to what they have not seen. */
  #newBranch(): string {
    return `${magicCookie}${this.#random.bytes(10).toString("hex")}`;
  }
}

function viaOf({ protocol, sentBy }: Flow, branch: string): string {
  return `SIP/2.0/${transports[protocol]} ${sentBy};branch=${branch};rport`;
}

const transports = { udp: "UDP", tcp: "TCP", tls: "TLS" } as const;

/** Another transaction may have the branch: of an INVITE that was taken over while it is here. */
function forget(
  map: Pick<Map<string, LayerClient>, "get" | "delete">,
  branch: string,
  transaction: LayerClient,
): boolean {
  return map.get(branch) === transaction && map.delete(branch);
}
