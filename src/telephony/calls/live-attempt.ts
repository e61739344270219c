/**
 * One attempt in progress: waits for its turn, places the call, and where a trunk fails tries the next one with the same
 * caller ID. Never after the phone may have rung, and never while an INVITE of this attempt may be alive: a callee
 * must not get two calls at once.
 */

import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { CallControl, CallEvent } from "../asterisk/call-control.ts";
import type { DialerSlots } from "../trunks/channel-slots.ts";
import { LiveCall } from "./live-call.ts";
import { failsOver, outcomeTraits } from "./outcome.ts";
import type { Attempt, AttemptObserver, AttemptResult, ChannelSlot, NoChannelSlot, Try } from "./ports.ts";

/** A try that has less than this left for alerting is not worth a call: most phones ring after 2 to 8 s. */
const leastSetupMs = 3000;
/** Where the calls of all gateways cannot be counted just now: Redis restarts, or another node takes over, within seconds. */
const countAgainMs = 300;
const countTries = 10;

/** How one INVITE is to be placed; null: the slot's trunk or Asterisk is not configured. */
export type PlanCall = (
  slot: ChannelSlot,
  callId: string,
  setupLimitMs: number,
) =>
  | (Pick<ConstructorParameters<typeof LiveCall>[0], "request" | "rules" | "capture"> & {
      readonly control: CallControl;
    })
  | null;

export interface LiveAttemptParts {
  readonly attempt: Attempt;
  readonly observer: AttemptObserver;
  readonly plan: PlanCall;
  readonly slots: Pick<DialerSlots, "reserveAnother" | "release" | "callEnded">;
  readonly setupLimitMs: number;
  /** Most trunks that are tried. */
  readonly mostTries: number;
  readonly clock: Clock;
  /** Says which attempt it is about; gets no number. */
  /** Makes the logger of this attempt; called only to log, which most attempts never do. */
  readonly logger: () => Logger;
  /** An INVITE with this id is about to be placed: its events are this attempt's. */
  readonly onCallId: (callId: string) => void;
  /** What an attempt gets of which no call ever was. */
  readonly neverPlaced: (known: "canceled" | "interrupted" | "trunk_down") => AttemptResult;
  /** Called once, at the end. */
  readonly onEnd: (result: AttemptResult) => void;
}

export class LiveAttempt {
  readonly #parts: LiveAttemptParts;
  readonly #startedAtMs: number;
  readonly #tries: Try[] = [];
  #slot: ChannelSlot;
  #call: LiveCall | null = null;
  #callId = "";
  #stopWaiting: (() => void) | null = null;
  #canceled = false;
  /** What verification is told so far: `calling` once, however many trunks are tried. */
  #toldCalling = false;
  /** The most telling end so far. */
  #result: AttemptResult | null = null;

  constructor(parts: LiveAttemptParts) {
    this.#parts = parts;
    this.#slot = parts.attempt.slot;
    this.#startedAtMs = parts.clock.nowMs() + parts.attempt.slot.waitMs;
  }

  /** Once. */
  begin(): void {
    this.#await(this.#slot);
  }

  cancel(): void {
    if (this.#canceled) return;
    this.#canceled = true;
    if (this.#call !== null) this.#call.feed({ type: "cancel" });
    else if (this.#stopWaiting !== null) {
      this.#stopWaiting();
      this.#stopWaiting = null;
      this.#endUnplaced("canceled");
    }
  }

  /** @returns false where the event is of an earlier call, which nobody watches any more */
  receive(event: CallEvent): boolean {
    if (event.callId !== this.#callId || this.#call === null) return false;
    this.#call.feed(event);
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
      this.#parts
        .logger()
        .warn({ trunk: this.#slot.trunk }, "its turn has passed: the gateway stood still, or is overloaded");
      this.#endUnplaced("interrupted");
      return;
    }
    const { attempt, plan, observer, clock, logger, setupLimitMs } = this.#parts;
    const number = this.#tries.length + 1;
    this.#callId = number === 1 ? attempt.attemptId : `${attempt.attemptId}-t${number}`;
    const elapsedMs = number === 1 ? 0 : clock.nowMs() - this.#startedAtMs;
    const planned = plan(this.#slot, this.#callId, setupLimitMs - elapsedMs);
    if (planned === null) {
      this.#endUnplaced("trunk_down");
      return;
    }
    this.#parts.onCallId(this.#callId);
    this.#call = new LiveCall({
      ...planned,
      clock,
      logger: () => logger().child({ trunk: this.#slot.trunk }),
      observer: {
        calling: () => {
          if (!this.#toldCalling) observer.calling();
          this.#toldCalling = true;
        },
        ringing: () => observer.ringing(),
      },
      onEnd: (result) => this.#ended(result),
    });
    this.#call.begin();
    // It may stand still between that look at the clock and the request that leaves, too.
    if (this.#turnHasPassed()) {
      this.#parts.logger().warn({ trunk: this.#slot.trunk }, "placed too late: the gateway stood still; hanging up");
      this.cancel();
    }
  }

  #ended(result: AttemptResult): void {
    const slot = this.#slot;
    this.#call = null;
    this.#tries.push({ trunk: slot.trunk, asterisk: slot.asterisk, outcome: result.outcome });
    this.#result = mostTelling(this.#result, result);
    void this.#parts.slots.callEnded(slot, result);
    if (this.#mayFailOver(result)) void this.#failOver();
    else this.#end(this.#result);
  }

  #mayFailOver({ outcome, alerted, inviteOver }: AttemptResult): boolean {
    const { mostTries } = this.#parts;
    return !alerted && inviteOver && failsOver(outcome) && this.#tries.length < mostTries && this.#isWorthACall();
  }

  #isTooLate(): boolean {
    return this.#turnHasPassed() || (this.#tries.length > 0 && !this.#isWorthACall());
  }

  #turnHasPassed(): boolean {
    const { originateByMs = Number.POSITIVE_INFINITY } = this.#slot;
    return this.#parts.clock.nowMs() > originateByMs;
  }

  #isWorthACall(): boolean {
    const leftMs = this.#parts.setupLimitMs - (this.#parts.clock.nowMs() - this.#startedAtMs);
    return !this.#canceled && leftMs >= leastSetupMs;
  }

  async #reserveAnother(): Promise<ChannelSlot | NoChannelSlot | null> {
    const { attempt, slots, clock } = this.#parts;
    for (let count = 1; count <= countTries && this.#isWorthACall(); count++) {
      try {
        return await slots.reserveAnother(attempt.callee, attempt.range, this.#tries);
      } catch {
        await new Promise<void>((resolve) => void clock.after(countAgainMs, resolve));
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

  #endUnplaced(known: Parameters<LiveAttemptParts["neverPlaced"]>[0]): void {
    void this.#parts.slots.release(this.#slot);
    this.#end(this.#result ?? this.#parts.neverPlaced(known));
  }

  #end(result: AttemptResult): void {
    this.#parts.onEnd({ ...result, tries: this.#tries });
  }
}

/** What one trunk said of the number stands, though another then failed of itself; else the last word counts. */
function mostTelling(before: AttemptResult | null, last: AttemptResult): AttemptResult {
  if (before === null || last.alerted) return last;
  const ofNumber = ({ outcome }: AttemptResult) => outcomeTraits[outcome].countsAgainst === "number";
  return ofNumber(before) && !ofNumber(last) ? before : last;
}
