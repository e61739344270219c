/** The INVITE server transaction: RFC 3261 section 17.2.1 with RFC 6026. */
import { tagOf } from "../header.ts";
import { headerOf, type SipRequestMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";
import { type CommonAction, type Later, ServerMachine } from "./server-machine.ts";
import type { Arrival, ServerContext } from "./server-transaction.ts";
import { type InviteServerAction, type InviteServerEvent, type InviteServerState, inviteServer } from "./tables.ts";

/** Section 17.2.1: where the user has said nothing by then, 100 stops the client's repetitions. */
const tryingMs = 200;

type OwnAction = Exclude<InviteServerAction, CommonAction>;

export class InviteServer extends ServerMachine<InviteServerState, InviteServerEvent, OwnAction> {
  #canceled: (() => void) | null = null;
  #acknowledged: (() => void) | null = null;
  #timerGMs: number;

  constructor(context: ServerContext, arrival: Arrival) {
    super(context, arrival, "proceeding");
    this.#timerGMs = context.values.t1Ms;
    this.start("100", tryingMs);
  }

  protected get table() {
    return inviteServer;
  }

  protected eventOf(status: number): "1xx" | "2xx" | "300+" | null {
    if (this.state !== "proceeding") return null;
    return status < 200 ? "1xx" : status < 300 ? "2xx" : "300+";
  }

  /** Timer G, or the user, sends it again. */
  protected get needsRequest(): boolean {
    return this.state === "accepted" || (this.state === "completed" && !this.flow.reliable);
  }

  repeatAnswer(): boolean {
    if (this.state !== "accepted" || !this.responses.hasRequest) return false;
    this.on("2xx");
    return true;
  }

  onCanceled(receiver: () => void): void {
    this.#canceled = receiver;
  }

  onAcknowledged(receiver: () => void): void {
    this.#acknowledged = receiver;
  }

  /** @param flow where the repetition, ACK or CANCEL came from */
  receive(method: "INVITE" | "ACK" | "CANCEL", request: SipRequestMessage, flow: Flow, atMs: number): void {
    this.responses.moveTo(flow);
    if (method === "ACK" && this.state === "completed" && tagOf(headerOf(request, "to") ?? "") === this.toTag) {
      const acknowledged = this.#acknowledged;
      this.#acknowledged = null;
      if (this.responses.hasRequest) acknowledged?.();
    }
    this.on(method, { request, flow }, atMs);
  }

  protected override entered(state: InviteServerState): void {
    this.#canceled = null;
    super.entered(state);
  }

  protected act(action: OwnAction, later: Later | undefined, atMs: number): void {
    const { t1Ms, t2Ms, t4Ms } = this.context.values;
    switch (action) {
      case "send 100":
        this.responses.write({ status: 100 });
        this.responses.send();
        return;
      case "canceled":
        this.#canceled?.();
        return;
      case "ACK to user":
        if (later !== undefined) this.context.acknowledged(later.request, later.flow, atMs);
        return;
      case "start G":
        if (this.flow.reliable) return;
        this.start("G", this.#timerGMs);
        this.#timerGMs = Math.max(t1Ms, Math.min(this.#timerGMs * 2, t2Ms));
        return;
      case "start H":
        this.start("H", 64 * t1Ms);
        return;
      case "start L":
        this.start("L", 64 * t1Ms);
        return;
      case "start I":
        if (this.flow.reliable) this.on("I");
        else this.start("I", t4Ms);
    }
  }
}
