/**
 * One call in progress: waits for its channel slot, makes an attempt (an INVITE) and, where a trunk fails, another one on the
 * next trunk with the same caller ID. Never after the phone may have rung, and never while an INVITE of this call may be
 * alive: a callee must not get two calls at once.
 */

import type { Logger } from "pino";
import { type Clock, stopwatch } from "../../shared/clock.ts";
import type { CallControl, CallEvent } from "../call-control/port.ts";
import type { ChannelSlot, DialerSlots, NoChannelSlot, SlotNeeds } from "../trunks/slots-port.ts";
import { LiveAttempt } from "./live-attempt.ts";
import { failsOver, outcomeTraits } from "./outcome.ts";
import type { Call, CallAttempt, CallObserver, CallResult } from "./ports.ts";
import { endedCall, triedPath } from "./trunk-verdict.ts";

/** With less time than this left for alerting no INVITE is sent: most phones ring after 2 to 8 s. */
const leastSetupMs = 3000;
/** Pause when Redis is unreachable: it restarts, or fails over to another node, within seconds. */
const reserveAgainMs = 300;
const maxReservations = 10;

/** How one INVITE is to be sent; null: the slot's trunk or Asterisk is not configured. */
export type PlanAttempt = (
  slot: ChannelSlot,
  attemptId: string,
  setupLimitMs: number,
) =>
  | (Pick<ConstructorParameters<typeof LiveAttempt>[0], "request" | "trunk" | "rules" | "capture"> & {
      readonly control: CallControl;
    })
  | null;

export interface LiveCallParts {
  readonly call: Call;
  readonly observer: CallObserver;
  readonly plan: PlanAttempt;
  readonly slots: Pick<DialerSlots, "reserveAnother" | "release" | "placing" | "alerted" | "callEnded">;
  readonly setupLimitMs: number;
  /** Most INVITEs, each on another trunk or through another Asterisk. */
  readonly maxAttempts: number;
  readonly clock: Clock;
  /** Has the call's id; gets no number. */
  readonly logger: () => Logger;
  /** An INVITE with this id is about to be sent: its events are this call's. */
  readonly onAttemptId: (attemptId: string) => void;
  /** The result of a call without an INVITE. */
  readonly neverPlaced: (known: "canceled" | "interrupted" | "trunk_down") => CallResult;
  /** Of a call that is kept. */
  readonly needs: SlotNeeds | undefined;
  /** Called once, at the end. */
  readonly onEnd: (result: CallResult) => void;
}

export class LiveCall {
  readonly #parts: LiveCallParts;
  /** Since the call was to wait for its first slot. */
  readonly #passedMs: () => number;
  readonly #attempts: CallAttempt[] = [];
  #slot: ChannelSlot;
  #attempt: LiveAttempt | null = null;
  #attemptId = "";
  #stopWaiting: (() => void) | null = null;
  #canceled = false;
  /** `calling` is reported once, however many attempts there are. */
  #callingReported = false;
  /** The most informative result so far. */
  #result: CallResult | null = null;

  constructor(parts: LiveCallParts) {
    this.#parts = parts;
    this.#slot = parts.call.slot;
    this.#passedMs = stopwatch(parts.clock);
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

  #await(slot: ChannelSlot): void {
    this.#slot = slot;
    if (slot.waitMs <= 0) {
      this.#invite();
      return;
    }
    this.#stopWaiting = this.#parts.clock.after(slot.waitMs, () => {
      this.#stopWaiting = null;
      this.#invite();
    });
  }

  #invite(): void {
    if (this.#isTooLate()) {
      this.#parts.logger().warn({ trunk: this.#slot.trunk }, "slot expired: event loop stalled or overloaded");
      this.#endUnplaced("interrupted");
      return;
    }
    const { call, plan, observer, slots, clock, logger, setupLimitMs } = this.#parts;
    const slot = this.#slot;
    const { trunk } = this.#slot;
    const number = this.#attempts.length + 1;
    this.#attemptId = number === 1 ? call.callId : `${call.callId}-t${number}`;
    const planned = plan(this.#slot, this.#attemptId, number === 1 ? setupLimitMs : this.#leftMs);
    if (planned === null) {
      this.#endUnplaced("trunk_down");
      return;
    }
    this.#parts.onAttemptId(this.#attemptId);
    this.#attempt = new LiveAttempt({
      ...planned,
      clock,
      logger: () => logger().child({ trunk }),
      observer: {
        calling: () => {
          if (!this.#callingReported) observer.calling();
          this.#callingReported = true;
        },
        ringing: () => {
          slots.alerted(slot);
          observer.ringing();
        },
        answered: (answered) => observer.answered?.(answered),
      },
      onEnd: (result) => this.#ended(result),
    });
    slots.placing(slot);
    this.#attempt.begin();
    // The process may have stalled between that check of the clock and the request, which drivers write by the end of this turn of the
    // event loop: over SIP, INVITEs of a turn go out together.
    setImmediate(() => this.#cancelIfLate(slot));
  }

  #cancelIfLate(slot: ChannelSlot): void {
    if (this.#slot !== slot || this.#attempt === null || !this.#turnHasPassed()) return;
    this.#parts.logger().warn({ trunk: slot.trunk }, "originated after its deadline (process stalled); hanging up");
    this.cancel();
  }

  #ended(result: CallResult): void {
    const slot = this.#slot;
    this.#attempt = null;
    this.#attempts.push({ trunk: slot.trunk, asterisk: slot.asterisk, outcome: result.outcome });
    this.#result = mostTelling(this.#result, result);
    void this.#parts.slots.callEnded(slot, endedCall(result, this.#parts.call));
    if (this.#mayFailOver(result)) void this.#failOver();
    else this.#end(this.#result);
  }

  #mayFailOver({ outcome, alerted, inviteOver }: CallResult): boolean {
    const { maxAttempts } = this.#parts;
    return !alerted && inviteOver && failsOver(outcome) && this.#attempts.length < maxAttempts && this.#isWorthACall();
  }

  #isTooLate(): boolean {
    return this.#turnHasPassed() || (this.#attempts.length > 0 && !this.#isWorthACall());
  }

  #turnHasPassed(): boolean {
    const { originateByMs = Number.POSITIVE_INFINITY } = this.#slot;
    return this.#parts.clock.nowMs() > originateByMs;
  }

  /** Of the time from the first slot's turn until the phone must ring. */
  get #leftMs(): number {
    const { setupLimitMs, call } = this.#parts;
    return setupLimitMs - (this.#passedMs() - call.slot.waitMs);
  }

  #isWorthACall(): boolean {
    return !this.#canceled && this.#leftMs >= leastSetupMs;
  }

  async #reserveAnother(): Promise<ChannelSlot | NoChannelSlot | null> {
    const { call, slots, clock } = this.#parts;
    for (let count = 1; count <= maxReservations && this.#isWorthACall(); count++) {
      try {
        const tried = this.#attempts.map(triedPath);
        return await slots.reserveAnother(call.callee, call.range, tried, call.slot.app ?? "", this.#parts.needs);
      } catch {
        await new Promise<void>((resolve) => void clock.after(reserveAgainMs, resolve));
      }
    }
    return null;
  }

  async #failOver(): Promise<void> {
    const { slots, logger } = this.#parts;
    const next = await this.#reserveAnother();
    const known = this.#result;
    if (next !== null && "leaseId" in next) {
      if (!this.#canceled) {
        logger().info({ from: this.#slot.trunk, to: next.trunk }, "trying another trunk");
        this.#await(next);
        return;
      }
      void slots.release(next);
    }
    this.#end(known ?? this.#parts.neverPlaced("trunk_down"));
  }

  #endUnplaced(known: Parameters<LiveCallParts["neverPlaced"]>[0]): void {
    void this.#parts.slots.release(this.#slot);
    this.#end(this.#result ?? this.#parts.neverPlaced(known));
  }

  #end(result: CallResult): void {
    this.#parts.onEnd({ ...result, attempts: this.#attempts });
  }
}

/** A result about the number itself is kept even if a later trunk fails for its own reason; otherwise the last one counts. */
function mostTelling(before: CallResult | null, last: CallResult): CallResult {
  if (before === null || last.alerted) return last;
  const ofNumber = ({ outcome }: CallResult) => outcomeTraits[outcome].aboutNumber;
  // An INVITE that may be alive must not be forgotten over an earlier one that is over.
  return ofNumber(before) && !ofNumber(last) && last.inviteOver ? before : last;
}
