/** One call at the simulated phone: from the INVITE to its place in the call log. */
import type { Clock } from "../../shared/clock.ts";
import type { HeaderLine, OutgoingResponse, ServerTransaction } from "../../sip/transaction/port.ts";
import { defaultTimerValues } from "../../sip/transaction/timer-values.ts";
import type { CallAudio } from "./audio.ts";
import type { Step } from "./behaviours.ts";
import type { RemoteAudio, Session } from "./sdp.ts";

/**
 * Where a call stands. `dialing`: the network looks for the phone, which shows nothing yet. `missed`, `answered`,
 * `declined`, `busy` and `unreachable` are for good.
 */
export type CallState = "dialing" | "ringing" | "missed" | "answered" | "declined" | "busy" | "unreachable";

const { t1Ms, t2Ms } = defaultTimerValues;
/** 64 × T1: how long the caller may go on repeating its INVITE, and we our 200. */
const absorbMs = 64 * t1Ms;
/** A phone that is not picked up stops ringing after this time. */
const UNANSWERED_MS = 60_000;
/** A call that the other side forgot to end: longer than any that reads a code out. */
const MAX_ANSWERED_MS = 120_000;

export interface CallOptions {
  readonly id: string;
  readonly callee: string;
  readonly callerId: string;
  readonly transaction: ServerTransaction;
  /** What the callee does; null: nothing, ever. */
  readonly steps: readonly Step[] | null;
  readonly clock: Clock;
  /** The session, made when it is needed; null where the offer cannot be met. */
  readonly session: () => Session | null;
  /** The call was answered: its audio begins. */
  readonly openAudio: (remote: RemoteAudio) => CallAudio;
  /** What a response which makes a dialog needs. */
  readonly contact: HeaderLine;
  readonly onChange: (call: Call) => void;
  /** The dialog is over, nothing more will come. */
  readonly onOver: (call: Call) => void;
  /** Sends BYE. */
  readonly hangUp: () => void;
}

export class Call {
  readonly id: string;
  readonly callee: string;
  readonly callerId: string;
  /** When the INVITE came. */
  readonly atMs: number;
  readonly #options: CallOptions;
  #state: CallState = "dialing";
  #over = false;
  #endedAtMs: number | null = null;
  #audio: CallAudio | null = null;
  #stopStep: () => void = () => {};
  #stopRepeat: () => void = () => {};

  constructor(options: CallOptions) {
    this.id = options.id;
    this.callee = options.callee;
    this.callerId = options.callerId;
    this.atMs = options.clock.nowMs();
    this.#options = options;
  }

  get state(): CallState {
    return this.#state;
  }

  /** When it was over; null until then. */
  get endedAtMs(): number | null {
    return this.#endedAtMs;
  }

  /** What the phone hears; null before an answer, and where the other side did not say where its audio is. */
  get audio(): CallAudio | null {
    return this.#audio;
  }

  /** Lets the callee behave as it does. */
  start(): void {
    const { steps } = this.#options;
    if (steps) {
      this.#respond({ status: 100 });
      this.#run(steps);
    } else {
      this.#options.transaction.ignore();
      // By then the caller's own timer B has ended the INVITE.
      this.#stopStep = this.#options.clock.after(absorbMs, () => this.#finish("unreachable"));
    }
  }

  /** The person answers. @returns false unless it rings */
  answer(): boolean {
    return this.#state === "ringing" && this.#accept();
  }

  /** The person declines. @returns false unless it rings */
  decline(): boolean {
    return this.#state === "ringing" && this.#reject(603, "declined");
  }

  /** The person hangs up. @returns false unless the call is up */
  hangUp(): boolean {
    if (this.#state !== "answered" || this.#over) return false;
    this.#options.hangUp();
    this.#finish("answered");
    return true;
  }

  /** The caller gave up: CANCEL. Changes nothing where a final response was sent already. */
  canceled(): void {
    this.#reject(487, this.#state === "ringing" ? "missed" : "unreachable");
  }

  /** The 200 arrived: ACK. */
  confirmed(): void {
    this.#stopRepeat();
  }

  /** The caller hung up: BYE. Before an answer it ends the INVITE too, with 487 (RFC 3261 section 15.1.2). */
  ended(): void {
    if (this.#state === "answered") this.#finish("answered");
    else this.canceled();
  }

  /** Stops all timers, and the audio. */
  stop(): void {
    this.#stopStep();
    this.#stopRepeat();
    this.#audio?.close();
  }

  #run(steps: readonly Step[]): void {
    const [step, ...rest] = steps;
    if (!step) {
      this.#stopStep = this.#options.clock.after(UNANSWERED_MS, () => this.#unanswered());
      return;
    }
    this.#stopStep = this.#options.clock.after(step.afterMs, () => {
      this.#perform(step);
      if (!this.#over && this.#state !== "answered") this.#run(rest);
    });
  }

  #perform(step: Step): void {
    switch (step.does) {
      case "ring":
        if (this.#respond({ status: 180, headers: [this.#options.contact] })) this.#become("ringing");
        return;
      case "early_media":
        this.#respondWithSdp(183);
        return;
      case "answer":
        this.#accept();
        return;
      case "reject": {
        const cause = step.q850Cause;
        this.#reject(step.status, step.as, cause === undefined ? [] : [["Reason", `Q.850;cause=${cause}`]]);
      }
    }
  }

  #unanswered(): void {
    this.#reject(480, this.#state === "ringing" ? "missed" : "unreachable");
  }

  #accept(): boolean {
    const session = this.#respondWithSdp(200);
    if (session === null) return false;
    this.#stopStep();
    this.#stopStep = this.#options.clock.after(MAX_ANSWERED_MS, () => this.hangUp());
    if (session.remote) this.#audio = this.#options.openAudio(session.remote);
    this.#become("answered");
    this.#repeatAfter(t1Ms, this.#options.clock.nowMs() + absorbMs);
    return true;
  }

  /** The 200, until its ACK came: the transaction does not (section 13.3.1.4). */
  #repeatAfter(delayMs: number, untilMs: number): void {
    this.#stopRepeat = this.#options.clock.after(delayMs, () => {
      if (this.#options.clock.nowMs() >= untilMs) return this.ended();
      this.#options.transaction.repeatAnswer();
      this.#repeatAfter(Math.min(delayMs * 2, t2Ms), untilMs);
    });
  }

  #respondWithSdp(status: number): Session | null {
    const session = this.#options.session();
    if (session === null) {
      this.#reject(488, "unreachable");
      return null;
    }
    const headers: HeaderLine[] = [this.#options.contact, ["Content-Type", "application/sdp"]];
    return this.#respond({ status, headers, body: session.sdp }) ? session : null;
  }

  #reject(status: number, as: CallState, headers: readonly HeaderLine[] = []): boolean {
    if (!this.#respond({ status, headers })) return false;
    this.#finish(as);
    return true;
  }

  #respond(response: OutgoingResponse): boolean {
    return !this.#over && this.#options.transaction.respond(response);
  }

  #become(state: CallState): void {
    this.#state = state;
    this.#options.onChange(this);
  }

  #finish(state: CallState): void {
    if (this.#over) return;
    this.#over = true;
    this.#endedAtMs = this.#options.clock.nowMs();
    this.stop();
    // Reported in any case: an answered call stays `answered`, but is over.
    this.#become(state);
    this.#options.onOver(this);
  }
}
