/** Places short calls: runs one state machine (call.ts) for each, over the Asterisk that its trunk belongs to. */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Config, TrunkConfig } from "../config/schema.ts";
import {
  beginCall,
  type CallAction,
  type CallInput,
  type CallRules,
  type CallState,
  type CallStep,
  type CallTimer,
  isSignOfLife,
  stepCall,
} from "./call.ts";
import { type CallControl, type CallEvent, OriginateError } from "./call-control.ts";
import type { Attempt, AttemptObserver, AttemptResult, Dialer } from "./dialer-port.ts";
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

interface LiveCall {
  readonly attempt: Attempt;
  readonly observer: AttemptObserver;
  readonly control: CallControl;
  readonly trunk: TrunkConfig;
  readonly rules: CallRules;
  readonly timers: Map<CallTimer, () => void>;
  state: CallState;
}

export function createDialer(parts: DialerParts): Dialer {
  const dialer = new ShortCallDialer(parts);
  for (const control of parts.callControls.values()) control.onEvent((event) => dialer.receive(control, event));
  return dialer;
}

class ShortCallDialer implements Dialer {
  readonly #parts: DialerParts;
  /** By attempt id; bounded by the call slots. */
  readonly #calls = new Map<string, LiveCall>();
  readonly #failSafeSeconds: number;
  #draining = false;
  #drained: (() => void)[] = [];

  constructor(parts: DialerParts) {
    this.#parts = parts;
    const { setup_limit_ms, ring_ms } = parts.config.calls;
    this.#failSafeSeconds = Math.ceil((setup_limit_ms + ring_ms + failSafeMarginMs) / 1000);
  }

  get longestCallMs(): number {
    const { setup_limit_ms, ring_ms } = this.#parts.config.calls;
    const waits = Object.values(this.#parts.config.asterisks).map((asterisk) => endWaitMs(asterisk.request_timeout_ms));
    const ours = setup_limit_ms + ring_ms + Math.max(0, ...waits);
    return Math.max(ours, this.#failSafeSeconds * 1000);
  }

  get liveCalls(): number {
    return this.#calls.size;
  }

  place(attempt: Attempt, observer: AttemptObserver): void {
    const trunk = this.#parts.config.trunks[attempt.trunk];
    const control = trunk && this.#parts.callControls.get(trunk.asterisk);
    const why = this.#whyNot(attempt, control);
    if (why !== null || trunk === undefined || control === undefined) {
      this.#turnAway(attempt, observer, why ?? { refusal: "trunk_down" });
      return;
    }
    const rules = this.#rulesFor(trunk);
    const first = beginCall(rules, this.#parts.clock.nowMs());
    const call: LiveCall = { attempt, observer, control, trunk, rules, timers: new Map(), state: first.state };
    this.#calls.set(attempt.attemptId, call);
    this.#take(call, first);
  }

  cancel(attemptId: string): void {
    const call = this.#calls.get(attemptId);
    if (call !== undefined) this.#feed(call, { type: "cancel", atMs: this.#parts.clock.nowMs() });
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
    if (call !== undefined) this.#feed(call, event);
    else if (isSignOfLife(event.type)) control.hangup(event.callId).catch(() => undefined);
  }

  /** Why this attempt cannot be placed, as the end that it gets; null: it can, and holds a slot from now on. */
  #whyNot(attempt: Attempt, control: CallControl | undefined): Partial<Ending> | null {
    if (control === undefined) return { refusal: "trunk_down" };
    if (this.#draining) return { canceled: true };
    if (this.#calls.has(attempt.attemptId)) return { refusal: "duplicate" };
    const numbersFit = e164Pattern.test(attempt.callee) && e164Pattern.test(attempt.callerId);
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

  #feed(call: LiveCall, input: CallInput): void {
    this.#take(call, stepCall(call.rules, call.state, input));
  }

  #take(call: LiveCall, step: CallStep): void {
    call.state = step.state;
    for (const action of step.actions) this.#do(call, action);
  }

  #do(call: LiveCall, action: CallAction): void {
    switch (action.type) {
      case "originate":
        void this.#originate(call);
        break;
      case "hangup":
        void this.#hangup(call);
        break;
      case "calling":
        this.#tell(call, () => call.observer.calling());
        break;
      case "ringing":
        this.#tell(call, () => call.observer.ringing());
        break;
      case "start_timer":
        this.#startTimer(call, action.timer, action.delayMs);
        break;
      case "stop_timer":
        this.#stopTimer(call, action.timer);
        break;
      case "end":
        this.#finish(call, action.result);
    }
  }

  async #originate(call: LiveCall): Promise<void> {
    const { attempt, trunk } = call;
    try {
      await call.control.originate({
        callId: attempt.attemptId,
        endpoint: trunk.endpoint,
        callee: numberFor(trunk, attempt.callee),
        callerId: numberFor(trunk, attempt.callerId),
        failSafeSeconds: this.#failSafeSeconds,
      });
      this.#feed(call, { type: "placed", atMs: this.#parts.clock.nowMs() });
    } catch (error) {
      // What a driver throws beside its own error is a fault in it: whether the call is up is then unknown.
      const refusal = error instanceof OriginateError ? error.refusal : "no_response";
      this.#parts.logger.warn({ ...logged(attempt), refusal }, "call was not placed");
      this.#feed(call, { type: "refused", refusal, atMs: this.#parts.clock.nowMs() });
    }
  }

  async #hangup(call: LiveCall): Promise<void> {
    let type: "hangup_done" | "hangup_failed" = "hangup_done";
    try {
      await call.control.hangup(call.attempt.attemptId);
    } catch {
      type = "hangup_failed";
      this.#parts.logger.warn(logged(call.attempt), "hang-up failed");
    }
    this.#feed(call, { type, atMs: this.#parts.clock.nowMs() });
  }

  #startTimer(call: LiveCall, timer: CallTimer, delayMs: number): void {
    this.#stopTimer(call, timer);
    const stop = this.#parts.clock.after(delayMs, () => {
      call.timers.delete(timer);
      this.#feed(call, { type: "timer", timer, atMs: this.#parts.clock.nowMs() });
    });
    call.timers.set(timer, stop);
  }

  #stopTimer(call: LiveCall, timer: CallTimer): void {
    call.timers.get(timer)?.();
    call.timers.delete(timer);
  }

  #finish(call: LiveCall, result: AttemptResult): void {
    for (const timer of [...call.timers.keys()]) this.#stopTimer(call, timer);
    this.#calls.delete(call.attempt.attemptId);
    this.#parts.slots.release(call.attempt.trunk);
    if (result.endedBy === "nobody" && call.state.refusal === null) {
      this.#parts.logger.warn(logged(call.attempt), "the end of a call was never seen");
    }
    this.#report(call.attempt, call.observer, result);
    if (this.#calls.size > 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }

  /** A call that never came to be. Answers later, so that `place` has returned when the observer hears of it. */
  #turnAway(attempt: Attempt, observer: AttemptObserver, known: Partial<Ending>): void {
    const ending: Ending = { refusal: null, ...nothingHappened, ...known };
    const result: AttemptResult = {
      outcome: outcomeOf(ending),
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
    this.#parts.logger.info({ ...logged(attempt), ...result }, "call ended");
    this.#tell({ attempt }, () => observer.ended(result));
    this.#tell({ attempt }, () => this.#parts.onAttempt?.(attempt.attemptId, attempt.trunk, result));
  }

  /** A listener's mistake must not disturb the call. */
  #tell(call: Pick<LiveCall, "attempt">, callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#parts.logger.error({ ...logged(call.attempt), err: error }, "a listener of a call threw");
    }
  }
}

const nothingHappened = {
  canceled: false,
  answered: false,
  alerted: false,
  endedBy: "nobody",
  sipStatus: null,
  q850Cause: null,
} as const;

/** The reply to the originate and to one hang-up may each take the whole deadline; then the end must come. */
function endWaitMs(requestTimeoutMs: number): number {
  return 2 * requestTimeoutMs + 2000;
}

function numberFor(trunk: TrunkConfig, e164: string): string {
  return trunk.number_format === "e164" ? e164.slice(1) : e164;
}

/** What a log line may say of an attempt: no number. */
function logged(attempt: Attempt): { attemptId: string; trunk: string } {
  return { attemptId: attempt.attemptId, trunk: attempt.trunk };
}
