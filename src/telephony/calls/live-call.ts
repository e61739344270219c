/**
 * One call in progress: waits for its channel slot, makes an attempt (an INVITE) and, where a trunk fails, another one on the
 * next trunk with the same caller ID. Never after the phone may have rung, and never while an INVITE of this call may be
 * alive: a callee must not get two calls at once.
 */

import type { Logger } from "pino";
import { type Clock, stopwatch } from "../../shared/clock.ts";
import type { Timers } from "../../shared/timers.ts";
import type { CallEvent } from "../call-control/port.ts";
import type { ChannelSlot, DialerSlots, NoChannelSlot, SlotNeeds } from "../trunks/slots-port.ts";
import { type AttemptOwner, type AttemptPlan, LiveAttempt } from "./live-attempt.ts";
import { failsOver, outcomeTraits } from "./outcome.ts";
import type { AnsweredCall, Call, CallAttempt, CallObserver, CallResult } from "./ports.ts";
import { endedCall, triedPath } from "./trunk-verdict.ts";

/** With less time than this left for alerting no INVITE is sent: most phones ring after 2 to 8 s. */
const leastSetupMs = 3000;
/** Pause when Redis is unreachable: it restarts, or fails over to another node, within seconds. */
const reserveAgainMs = 300;
const maxReservations = 10;

/** The dialer, as its calls see it: one for all of them, because what a call has of its own is there a thousand times. */
export interface CallOwner {
  readonly slots: Pick<DialerSlots, "reserveAnother" | "release" | "placing" | "alerted" | "callEnded">;
  readonly clock: Clock;
  /** Of all attempts. */
  readonly timers: Timers;
  readonly logger: Logger;
  /** Most INVITEs, each on another trunk or through another Asterisk. */
  readonly maxAttempts: number;
  setupLimitMs(call: Call): number;
  /** What a slot must be for the call; undefined: any will do. */
  needsOf(call: Call): SlotNeeds | undefined;
  /** How one INVITE is to be sent; null: the slot's trunk or Asterisk is not configured. */
  plan(call: Call, slot: ChannelSlot, attemptId: string, setupLimitMs: number): AttemptPlan | null;
  /** An INVITE with this id is about to be sent: until `attemptEnded` its events are the call's. */
  attemptBegins(attemptId: string, live: LiveCall): void;
  attemptEnded(attemptId: string): void;
  /** The result of a call without an INVITE. */
  neverPlaced(known: "canceled" | "interrupted" | "trunk_down"): CallResult;
  /** Called once, at the end. */
  ended(call: Call, observer: CallObserver, result: CallResult): void;
}

export class LiveCall implements AttemptOwner {
  readonly #owner: CallOwner;
  readonly #call: Call;
  readonly #observer: CallObserver;
  readonly #setupLimitMs: number;
  /** Since the call was to wait for its first slot. */
  readonly #passedMs: () => number;
  #attempts: readonly CallAttempt[] = [];
  #slot: ChannelSlot;
  #attempt: LiveAttempt | null = null;
  #attemptId = "";
  #stopWaiting: (() => void) | null = null;
  #canceled = false;
  /** `calling` is reported once, however many attempts there are. */
  #callingReported = false;
  /** The most informative result so far. */
  #result: CallResult | null = null;

  constructor(owner: CallOwner, call: Call, observer: CallObserver) {
    this.#owner = owner;
    this.#call = call;
    this.#observer = observer;
    this.#setupLimitMs = owner.setupLimitMs(call);
    this.#slot = call.slot;
    this.#passedMs = stopwatch(owner.clock);
  }

  /** Once. */
  begin(): void {
    this.#await(this.#slot);
  }

  cancel(): void {
    if (this.#canceled) return;
    this.#canceled = true;
    if (this.#attempt !== null) this.#attempt.feed({ type: "cancel" });
    else if (this.#stopWaiting !== null) {
      this.#stopWaiting();
      this.#stopWaiting = null;
      this.#endUnplaced("canceled");
    }
  }

  /** @returns false where the event is of an earlier attempt, which has already ended here */
  receive(event: CallEvent): boolean {
    if (event.callId !== this.#attemptId || this.#attempt === null) return false;
    this.#attempt.receive(event);
    return true;
  }

  // What the attempt in progress reports.

  calling(): void {
    if (!this.#callingReported) this.#observer.calling();
    this.#callingReported = true;
  }

  ringing(): void {
    this.#owner.slots.alerted(this.#slot);
    this.#observer.ringing();
  }

  answered(answered: AnsweredCall): void {
    this.#observer.answered?.(answered);
  }

  ended(result: CallResult): void {
    const slot = this.#slot;
    this.#attempt = null;
    this.#owner.attemptEnded(this.#attemptId);
    this.#attempts = [...this.#attempts, { trunk: slot.trunk, asterisk: slot.asterisk, outcome: result.outcome }];
    this.#result = mostTelling(this.#result, result);
    void this.#owner.slots.callEnded(slot, endedCall(result, this.#call));
    if (this.#mayFailOver(result)) void this.#failOver();
    else this.#end(this.#result);
  }

  logger(): Logger {
    return this.#owner.logger.child({ callId: this.#call.callId });
  }

  #await(slot: ChannelSlot): void {
    this.#slot = slot;
    if (slot.waitMs <= 0) {
      this.#invite();
      return;
    }
    this.#stopWaiting = this.#owner.clock.after(slot.waitMs, () => {
      this.#stopWaiting = null;
      this.#invite();
    });
  }

  #invite(): void {
    if (this.#isTooLate()) {
      this.logger().warn({ trunk: this.#slot.trunk }, "slot expired: event loop stalled or overloaded");
      this.#endUnplaced("interrupted");
      return;
    }
    const owner = this.#owner;
    const call = this.#call;
    const slot = this.#slot;
    const number = this.#attempts.length + 1;
    this.#attemptId = number === 1 ? call.callId : `${call.callId}-t${number}`;
    const planned = owner.plan(call, slot, this.#attemptId, number === 1 ? this.#setupLimitMs : this.#leftMs);
    if (planned === null) {
      this.#endUnplaced("trunk_down");
      return;
    }
    owner.attemptBegins(this.#attemptId, this);
    this.#attempt = new LiveAttempt(planned, owner, this);
    owner.slots.placing(slot);
    this.#attempt.begin();
    // The process may have stalled between that check of the clock and the request, which drivers write by the end of this turn of the
    // event loop: over SIP, INVITEs of a turn go out together.
    setImmediate(() => this.#cancelIfLate(slot));
  }

  #cancelIfLate(slot: ChannelSlot): void {
    if (this.#slot !== slot || this.#attempt === null || !this.#turnHasPassed()) return;
    this.logger().warn({ trunk: slot.trunk }, "originated after its deadline (process stalled); hanging up");
    this.cancel();
  }

  #mayFailOver({ outcome, alerted, inviteOver }: CallResult): boolean {
    const { maxAttempts } = this.#owner;
    return !alerted && inviteOver && failsOver(outcome) && this.#attempts.length < maxAttempts && this.#isWorthACall();
  }

  #isTooLate(): boolean {
    return this.#turnHasPassed() || (this.#attempts.length > 0 && !this.#isWorthACall());
  }

  #turnHasPassed(): boolean {
    const { originateByMs = Number.POSITIVE_INFINITY } = this.#slot;
    return this.#owner.clock.nowMs() > originateByMs;
  }

  /** Of the time from the first slot's turn until the phone must ring. */
  get #leftMs(): number {
    return this.#setupLimitMs - (this.#passedMs() - this.#call.slot.waitMs);
  }

  #isWorthACall(): boolean {
    return !this.#canceled && this.#leftMs >= leastSetupMs;
  }

  async #reserveAnother(): Promise<ChannelSlot | NoChannelSlot | null> {
    const { slots, clock } = this.#owner;
    const { callee, range, slot } = this.#call;
    const needs = this.#owner.needsOf(this.#call);
    for (let count = 1; count <= maxReservations && this.#isWorthACall(); count++) {
      try {
        const tried = this.#attempts.map(triedPath);
        return await slots.reserveAnother(callee, range, tried, slot.app ?? "", needs);
      } catch {
        await new Promise<void>((resolve) => void clock.after(reserveAgainMs, resolve));
      }
    }
    return null;
  }

  async #failOver(): Promise<void> {
    const next = await this.#reserveAnother();
    const known = this.#result;
    if (next !== null && "leaseId" in next) {
      if (!this.#canceled) {
        this.logger().info({ from: this.#slot.trunk, to: next.trunk }, "trying another trunk");
        this.#await(next);
        return;
      }
      void this.#owner.slots.release(next);
    }
    this.#end(known ?? this.#owner.neverPlaced("trunk_down"));
  }

  #endUnplaced(known: Parameters<CallOwner["neverPlaced"]>[0]): void {
    void this.#owner.slots.release(this.#slot);
    this.#end(this.#result ?? this.#owner.neverPlaced(known));
  }

  #end(result: CallResult): void {
    this.#owner.ended(this.#call, this.#observer, { ...result, attempts: this.#attempts });
  }
}

/** A result about the number itself is kept even if a later trunk fails for its own reason; otherwise the last one counts. */
function mostTelling(before: CallResult | null, last: CallResult): CallResult {
  if (before === null || last.alerted) return last;
  const ofNumber = ({ outcome }: CallResult) => outcomeTraits[outcome].aboutNumber;
  // An INVITE that may be alive must not be forgotten over an earlier one that is over.
  return ofNumber(before) && !ofNumber(last) && last.inviteOver ? before : last;
}
