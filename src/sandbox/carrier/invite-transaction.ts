/**
 * The INVITE server transaction (RFC 3261 section 17.2.1 with the Accepted state of RFC 6026): it absorbs what UDP
 * repeats and repeats what UDP may have lost. Timers run on the injected clock.
 */
import type { Clock } from "../../shared/clock.ts";
import type { SipRequest } from "./request.ts";
import type { SipResponse } from "./response.ts";
import { absorbMs, T1_MS, T2_MS, T4_MS } from "./timers.ts";

export type InviteState = "proceeding" | "accepted" | "completed" | "confirmed" | "terminated";

export interface InviteTransactionOptions {
  readonly request: SipRequest;
  /** Our end of the dialog, in every response but 100. */
  readonly toTag: string;
  readonly clock: Clock;
  /** Puts a response on the wire. */
  readonly send: (response: SipResponse) => void;
  readonly onTerminated: () => void;
}

export class InviteTransaction {
  readonly request: SipRequest;
  readonly toTag: string;
  readonly #clock: Clock;
  readonly #send: (response: SipResponse) => void;
  readonly #onTerminated: () => void;
  #state: InviteState = "proceeding";
  #last: SipResponse | null = null;
  readonly #timers = new Map<string, () => void>();

  constructor(options: InviteTransactionOptions) {
    this.request = options.request;
    this.toTag = options.toTag;
    this.#clock = options.clock;
    this.#send = options.send;
    this.#onTerminated = options.onTerminated;
  }

  get state(): InviteState {
    return this.#state;
  }

  /** Sends a response. @returns false, and sends nothing, once a final one was sent */
  respond(response: SipResponse): boolean {
    if (this.#state !== "proceeding") return false;
    this.#last = response;
    this.#send(response);
    if (response.status >= 300) this.#complete();
    else if (response.status >= 200) this.#accept();
    return true;
  }

  /** The same INVITE came once more: the client has not seen our last response. */
  repeated(): void {
    // In Accepted the call repeats the 200 by itself (section 13.3.1.4), in Confirmed the client has the answer.
    if ((this.#state === "proceeding" || this.#state === "completed") && this.#last) this.#send(this.#last);
  }

  /** The ACK to a response of 300 or more came. */
  acknowledged(): void {
    if (this.#state !== "completed") return;
    this.#stopTimers();
    this.#state = "confirmed";
    // Timer I: absorbs ACKs that are still under way.
    this.#after("I", T4_MS, () => this.terminate());
  }

  /** Forgets everything at once, timers too. */
  terminate(): void {
    if (this.#state === "terminated") return;
    this.#stopTimers();
    this.#state = "terminated";
    this.#onTerminated();
  }

  #complete(): void {
    this.#state = "completed";
    this.#repeatAfter(T1_MS);
    // Timer H: no ACK will come any more.
    this.#after("H", absorbMs, () => this.terminate());
  }

  #accept(): void {
    this.#state = "accepted";
    // Timer L: absorbs INVITEs that are still under way.
    this.#after("L", absorbMs, () => this.terminate());
  }

  /** Timer G. */
  #repeatAfter(delayMs: number): void {
    this.#after("G", delayMs, () => {
      if (this.#last) this.#send(this.#last);
      this.#repeatAfter(Math.min(delayMs * 2, T2_MS));
    });
  }

  #after(name: string, delayMs: number, callback: () => void): void {
    this.#timers.set(name, this.#clock.after(delayMs, callback));
  }

  #stopTimers(): void {
    for (const stop of this.#timers.values()) stop();
    this.#timers.clear();
  }
}
