/** One call of the driver `sip`: the stack's reports as events of the port of drivers. */
import type { CallEnding, CallUser, SipCall } from "../../sip/call/port.ts";
import type { SentInvite } from "../../sip/transaction/port.ts";
import type { Target } from "../../sip/transport/port.ts";
import { type CallEvent, OriginateError } from "../call-control/port.ts";
import { endedEvent } from "./ending.ts";

/** The driver, as its calls see it: one for all of them. */
export interface TrunkCallOwner {
  event(event: CallEvent): void;
  /** @param mayRing its INVITE has no final response */
  over(callId: string, mayRing: boolean): void;
  /** Its INVITE is about to be sent. */
  open(callId: string, trunk: string, sent: SentInvite, target: Target): void;
}

export class TrunkCall implements CallUser {
  readonly #callId: string;
  readonly #trunk: string;
  readonly #owner: TrunkCallOwner;
  #call: SipCall | null = null;
  #hungUp = false;
  #state: "placing" | "sent" | "over" = "placing";
  /** Of `originate`, while it waits. */
  #waiting: { resolve(): void; reject(error: Error): void } | null = null;
  #failure: OriginateError | null = null;
  /** An end that came before the call was known here. */
  #early: (() => void) | null = null;

  constructor(callId: string, trunk: string, owner: TrunkCallOwner) {
    this.#callId = callId;
    this.#trunk = trunk;
    this.#owner = owner;
  }

  /** @returns resolves once the INVITE was sent. @throws {OriginateError} as a rejection: `trunk_down`, nothing was sent */
  begin(place: (user: CallUser) => SipCall): Promise<void> {
    this.#call = place(this);
    if (this.#hungUp) this.#call.hangUp();
    this.#early?.();
    if (this.#state === "over" && this.#failure === null) return Promise.resolve();
    // Where a flow is open the INVITE is sent in the same turn.
    if (this.#state === "sent") return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  hangUp(): void {
    this.#hungUp = true;
    this.#call?.hangUp();
  }

  inviteOpen(sent: SentInvite, target: Target): void {
    this.#owner.open(this.#callId, this.#trunk, sent, target);
  }

  sent(): void {
    if (this.#state !== "placing") return;
    this.#state = "sent";
    this.#waiting?.resolve();
    this.#waiting = null;
  }

  progress(atMs: number): void {
    this.#owner.event({ type: "progress", callId: this.#callId, atMs });
  }

  alerting(atMs: number): void {
    this.#owner.event({ type: "alerting", callId: this.#callId, atMs });
  }

  answered(atMs: number): void {
    this.#owner.event({ type: "answered", callId: this.#callId, atMs });
  }

  ended(ending: CallEnding, atMs: number): void {
    const wasSent = this.#state === "sent";
    if (this.#state === "over") return;
    this.#state = "over";
    this.#owner.over(this.#callId, !ending.evidence.over);
    if (!wasSent) {
      this.#failure = new OriginateError("trunk_down", "no address of the carrier took the INVITE");
      this.#waiting?.reject(this.#failure);
      this.#waiting = null;
      return;
    }
    const report = () => {
      const sipCallId = this.#call?.sipCallId ?? "";
      this.#owner.event(endedEvent({ callId: this.#callId, sipCallId, hungUp: this.#hungUp }, ending, atMs));
    };
    if (this.#call !== null) report();
    else this.#early = report;
  }
}
