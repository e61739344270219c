/** Places short calls, each over the Asterisk that its trunk belongs to, and keeps count of them. */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Config, TrunkConfig } from "../config/schema.ts";
import { type CallRules, isSignOfLife } from "./call.ts";
import type { CallControl, CallEvent } from "./call-control.ts";
import type { Attempt, AttemptObserver, AttemptResult, Dialer } from "./dialer-port.ts";
import { guarded, LiveCall } from "./live-call.ts";
import { type Ending, outcomeOf } from "./outcome.ts";
import type { CallSlots } from "./slots.ts";

/** One try a second, for as long as a short break of the connection lasts. */
const hangupRetryMs = 1000;
const hangupTries = 8;
/** Asterisk's own end of a call comes this long after ours was due: late enough never to cut a ring short. */
const failSafeMarginMs = 5000;
const e164Pattern = /^\+\d{3,15}$/;

/** Told of every attempt that ended, after its observer: for metrics and logs. */
export type AttemptHook = (attemptId: string, trunk: string, result: AttemptResult) => void;

export interface DialerParts {
  /** By name of the Asterisk. The dialer becomes the receiver of their events. */
  readonly callControls: ReadonlyMap<string, CallControl>;
  readonly config: Pick<Config, "asterisks" | "trunks" | "calls">;
  readonly slots: CallSlots;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onAttempt?: AttemptHook | undefined;
}

export function createDialer(parts: DialerParts): Dialer {
  const dialer = new ShortCallDialer(parts);
  for (const control of parts.callControls.values()) control.onEvent((event) => dialer.receive(control, event));
  return dialer;
}

class ShortCallDialer implements Dialer {
  readonly longestCallMs: number;
  readonly #parts: DialerParts;
  /** By attempt id; bounded by the call slots. */
  readonly #calls = new Map<string, LiveCall>();
  readonly #failSafeSeconds: number;
  #draining = false;
  #drained: (() => void)[] = [];

  constructor(parts: DialerParts) {
    this.#parts = parts;
    const { calls, asterisks } = parts.config;
    const dueMs = calls.setup_limit_ms + calls.ring_ms;
    this.#failSafeSeconds = Math.ceil((dueMs + failSafeMarginMs) / 1000);
    const waitsMs = Object.values(asterisks).map((asterisk) => endWaitMs(asterisk.request_timeout_ms));
    this.longestCallMs = Math.max(this.#failSafeSeconds * 1000, dueMs + Math.max(0, ...waitsMs));
  }

  get liveCalls(): number {
    return this.#calls.size;
  }

  place(attempt: Attempt, observer: AttemptObserver): void {
    const { attemptId } = attempt;
    const trunk = this.#parts.config.trunks[attempt.trunk];
    const control = trunk && this.#parts.callControls.get(trunk.asterisk);
    if (trunk === undefined || control === undefined) {
      this.#turnAway(attempt, observer, { refusal: "trunk_down" });
      return;
    }
    const whyNot = this.#whyNot(attempt);
    if (whyNot !== null) {
      this.#turnAway(attempt, observer, whyNot);
      return;
    }
    const call = new LiveCall({
      request: {
        callId: attemptId,
        endpoint: trunk.endpoint,
        callee: numberFor(trunk, attempt.callee),
        callerId: numberFor(trunk, attempt.callerId),
        failSafeSeconds: this.#failSafeSeconds,
      },
      rules: this.#rulesFor(trunk),
      control,
      clock: this.#parts.clock,
      logger: this.#loggerFor(attempt),
      observer,
      onEnd: (result) => this.#ended(attempt, observer, result),
    });
    this.#calls.set(attemptId, call);
    call.begin();
  }

  cancel(attemptId: string): void {
    this.#calls.get(attemptId)?.feed({ type: "cancel" });
  }

  drain(graceMs: number): Promise<void> {
    this.#draining = true;
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stopGrace = this.#parts.clock.after(graceMs, () => {
        for (const attemptId of [...this.#calls.keys()]) this.cancel(attemptId);
      });
      this.#drained.push(() => {
        stopGrace();
        resolve();
      });
    });
  }

  /** An event of an Asterisk. A call that ended for us and yet lives is hung up: nobody watches it any more. */
  receive(control: CallControl, event: CallEvent): void {
    const call = this.#calls.get(event.callId);
    if (call !== undefined) call.feed(event);
    else if (isSignOfLife(event.type)) control.hangup(event.callId).catch(() => undefined);
  }

  /** Why this attempt cannot be placed, as the end that it gets; null: it can, and holds a slot from now on. */
  #whyNot(attempt: Attempt): Partial<Ending> | null {
    if (this.#draining) return { canceled: true };
    if (this.#calls.has(attempt.attemptId)) return { refusal: "duplicate" };
    const numbersFit = e164Pattern.test(attempt.callee) && e164Pattern.test(attempt.callerId);
    // As a carrier would say of such a number, and of too many calls.
    if (!numbersFit) return { endedBy: "far_end", sipStatus: 484 };
    return this.#parts.slots.take(attempt.trunk) ? null : { endedBy: "far_end", sipStatus: 503 };
  }

  #rulesFor(trunk: TrunkConfig): CallRules {
    const { calls, asterisks } = this.#parts.config;
    return {
      ringOnProgress: trunk.ring_on === "180+183",
      ringMs: calls.ring_ms,
      setupLimitMs: calls.setup_limit_ms,
      hangupRetryMs,
      hangupTries,
      endWaitMs: endWaitMs(asterisks[trunk.asterisk]?.request_timeout_ms ?? 0),
    };
  }

  #ended(attempt: Attempt, observer: AttemptObserver, result: AttemptResult): void {
    this.#calls.delete(attempt.attemptId);
    this.#parts.slots.release(attempt.trunk);
    this.#report(attempt, observer, result);
    if (this.#calls.size > 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }

  /** A call that never came to be. Answers later, so that `place` has returned when the observer hears of it. */
  #turnAway(attempt: Attempt, observer: AttemptObserver, known: Partial<Ending>): void {
    const result: AttemptResult = {
      outcome: outcomeOf({ ...nothingHappened, ...known }),
      alerted: false,
      postDialDelayMs: null,
      ringMs: null,
      sipStatus: null,
      q850Cause: null,
      endedBy: "nobody",
    };
    queueMicrotask(() => this.#report(attempt, observer, result));
  }

  #report(attempt: Attempt, observer: AttemptObserver, result: AttemptResult): void {
    const logger = this.#loggerFor(attempt);
    logger.info(result, "call ended");
    guarded(logger, () => observer.ended(result));
    guarded(logger, () => this.#parts.onAttempt?.(attempt.attemptId, attempt.trunk, result));
  }

  /** Log lines say which attempt and which trunk, and no number. */
  #loggerFor(attempt: Attempt): Logger {
    return this.#parts.logger.child({ attemptId: attempt.attemptId, trunk: attempt.trunk });
  }
}

const nothingHappened: Ending = {
  refusal: null,
  canceled: false,
  answered: false,
  alerted: false,
  endedBy: "nobody",
  sipStatus: null,
  q850Cause: null,
};

/** The reply to the originate and to one hang-up may each take the whole deadline; then the end must come. */
function endWaitMs(requestTimeoutMs: number): number {
  return 2 * requestTimeoutMs + 2000;
}

function numberFor(trunk: TrunkConfig, e164: string): string {
  return trunk.number_format === "e164" ? e164.slice(1) : e164;
}
