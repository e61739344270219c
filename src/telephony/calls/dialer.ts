/** Places short calls, each over the Asterisk that its trunk belongs to, and keeps count of them. */

import type { Logger } from "pino";
import { isE164 } from "../../numbers/e164.ts";
import type { Clock } from "../../shared/clock.ts";
import type { CallControl, CallEvent } from "../asterisk/call-control.ts";
import type { SipCapture } from "../sip-capture/index.ts";
import type { DialerSlots } from "../trunks/channel-slots.ts";
import { createNumberFormats, type NumberFormat } from "../trunks/number-format.ts";
import { isSignOfLife } from "./call-machine.ts";
import type { DialerConfig } from "./config.ts";
import { LiveAttempt, type PlanCall } from "./live-attempt.ts";
import { guarded } from "./live-call.ts";
import { type Ending, outcomeOf } from "./outcome.ts";
import type { Attempt, AttemptObserver, AttemptResult, ChannelSlot, Dialer } from "./ports.ts";

/** One try a second, for as long as a short break of the connection lasts. */
const hangupRetryMs = 1000;
const hangupTries = 8;
/** Asterisk's own end of a call comes this long after ours was due: late enough never to cut a ring short. */
const failSafeMarginMs = 5000;

export interface DialerParts {
  /** By name of the Asterisk. The dialer becomes the receiver of their events. */
  readonly callControls: ReadonlyMap<string, CallControl>;
  readonly config: DialerConfig;
  readonly slots: Pick<DialerSlots, "reserveAnother" | "release" | "callEnded">;
  readonly capture: SipCapture | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createDialer(parts: DialerParts): Dialer {
  const dialer = new ShortCallDialer(parts);
  for (const control of parts.callControls.values()) control.onEvent((event) => dialer.receive(control, event));
  return dialer;
}

/** Longest that one attempt takes from the moment its turn comes until it has ended, in milliseconds. */
export function longestCallMs(config: Omit<DialerConfig, "trunks">): number {
  const { calls, asterisks } = config;
  const dueMs = calls.setup_limit_ms + calls.ring_ms;
  const waitsMs = Object.values(asterisks).map((asterisk) => endWaitMs(asterisk.request_timeout_ms));
  const tapMs = config.sip_capture?.wait_ms ?? 0;
  return Math.max(failSafeSeconds(dueMs) * 1000, dueMs + Math.max(0, ...waitsMs)) + tapMs;
}

class ShortCallDialer implements Dialer {
  readonly longestCallMs: number;
  readonly #parts: DialerParts;
  /** By attempt id; bounded by the slots that can be taken. */
  readonly #attempts = new Map<string, LiveAttempt>();
  /** By call id: each attempt may have placed a few. */
  readonly #calls = new Map<string, LiveAttempt>();
  readonly #formats: ReadonlyMap<string, NumberFormat>;
  #draining = false;
  #drained: (() => void)[] = [];

  constructor(parts: DialerParts) {
    this.#parts = parts;
    this.#formats = createNumberFormats(parts.config.trunks);
    this.longestCallMs = parts.config.calls.max_queue_ms + longestCallMs(parts.config);
  }

  get liveCalls(): number {
    return this.#attempts.size;
  }

  place(attempt: Attempt, observer: AttemptObserver): void {
    const { attemptId } = attempt;
    const whyNot = this.#whyNot(attempt);
    if (whyNot !== null) {
      void this.#parts.slots.release(attempt.slot);
      // Answers later, so that `place` has returned when the observer hears of it.
      queueMicrotask(() => this.#report(attempt, observer, unplaced(whyNot)));
      return;
    }
    const callIds: string[] = [];
    const live = new LiveAttempt({
      attempt,
      observer,
      plan: (slot, callId, setupLimitMs) => this.#plan(attempt, slot, callId, setupLimitMs),
      slots: this.#parts.slots,
      setupLimitMs: this.#parts.config.calls.setup_limit_ms,
      mostTries: this.#parts.config.calls.max_trunks,
      clock: this.#parts.clock,
      logger: () => this.#parts.logger.child({ attemptId }),
      onCallId: (callId) => {
        callIds.push(callId);
        this.#calls.set(callId, live);
      },
      neverPlaced: (known) => unplaced(knownOf[known]),
      onEnd: (result) => {
        for (const callId of callIds) this.#calls.delete(callId);
        this.#ended(attempt, observer, result);
      },
    });
    this.#attempts.set(attemptId, live);
    live.begin();
  }

  cancel(attemptId: string): void {
    this.#attempts.get(attemptId)?.cancel();
  }

  drain(graceMs: number): Promise<void> {
    this.#draining = true;
    if (this.#attempts.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stopGrace = this.#parts.clock.after(graceMs, () => {
        for (const attemptId of [...this.#attempts.keys()]) this.cancel(attemptId);
      });
      this.#drained.push(() => {
        stopGrace();
        resolve();
      });
    });
  }

  /** An event of an Asterisk. A call that ended for us and yet lives is hung up: nobody watches it any more. */
  receive(control: CallControl, event: CallEvent): void {
    const watched = this.#calls.get(event.callId)?.receive(event) ?? false;
    if (!watched && isSignOfLife(event.type)) control.hangup(event.callId).catch(() => undefined);
  }

  /** Why this attempt cannot be placed, as the end that it gets; null: it can. */
  #whyNot(attempt: Attempt): Partial<Ending> | null {
    if (this.#draining) return { canceled: true };
    if (this.#attempts.has(attempt.attemptId)) return { refusal: "duplicate" };
    const numbersFit = isE164(attempt.callee) && isE164(attempt.callerId);
    // As a carrier would say of such a number.
    return numbersFit ? null : { endedBy: "far_end", sipStatus: 484 };
  }

  #plan(attempt: Attempt, slot: ChannelSlot, callId: string, setupLimitMs: number): ReturnType<PlanCall> {
    const { callControls, config } = this.#parts;
    const trunk = config.trunks[slot.trunk];
    const asterisk = config.asterisks[slot.asterisk];
    const control = callControls.get(slot.asterisk);
    const format = this.#formats.get(slot.trunk);
    const callee = format?.callee(attempt.callee) ?? null;
    const callerId = format?.callerId(attempt.callerId) ?? null;
    if (trunk === undefined || asterisk === undefined || control === undefined) return null;
    // Routing gives no slot to a trunk that cannot dial the callee, and the configuration's caller IDs are checked.
    if (callee === null || callerId === null) return null;
    const { ring_ms: ringMs } = config.calls;
    return {
      control,
      capture: this.#parts.capture,
      request: {
        callId,
        endpoint: trunk.endpoint,
        callee,
        callerId,
        failSafeSeconds: failSafeSeconds(setupLimitMs + ringMs),
      },
      rules: {
        ringOnProgress: trunk.ring_on === "180+183",
        ringMs,
        setupLimitMs,
        hangupRetryMs,
        hangupTries,
        endWaitMs: endWaitMs(asterisk.request_timeout_ms),
      },
    };
  }

  #ended(attempt: Attempt, observer: AttemptObserver, result: AttemptResult): void {
    this.#attempts.delete(attempt.attemptId);
    this.#report(attempt, observer, result);
    if (this.#attempts.size > 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }

  /** Log lines say which attempt and which trunks, and no number. */
  #report({ attemptId, slot }: Attempt, observer: AttemptObserver, result: AttemptResult): void {
    const { logger } = this.#parts;
    logger.info({ attemptId, trunk: result.tries.at(-1)?.trunk ?? slot.trunk, ...result }, "call ended");
    guarded(
      () => logger.child({ attemptId }),
      () => observer.ended(result),
    );
  }
}

/** The result of an attempt of which no call ever was. */
function unplaced(known: Partial<Ending>): AttemptResult {
  return {
    outcome: outcomeOf({ ...nothingHappened, ...known }),
    alerted: false,
    postDialDelayMs: null,
    ringMs: null,
    sipStatus: null,
    q850Cause: null,
    endedBy: "nobody",
    evidence: "events",
    falseAnswer: false,
    silent: false,
    // The attempt that has this id already is another one.
    inviteOver: known.refusal !== "duplicate",
    tries: [],
  };
}

const knownOf = {
  canceled: { canceled: true },
  interrupted: {},
  trunk_down: { refusal: "trunk_down" },
} as const;

const nothingHappened: Ending = {
  refusal: null,
  canceled: false,
  answered: false,
  alerted: false,
  endedBy: "nobody",
  sipStatus: null,
  q850Cause: null,
  carrierCause: null,
};

/** Asterisk's own limit for a call that is due to take so long. */
function failSafeSeconds(dueMs: number): number {
  return Math.ceil((dueMs + failSafeMarginMs) / 1000);
}

/** The reply to the originate and to one hang-up may each take the whole deadline; then the end must come. */
function endWaitMs(requestTimeoutMs: number): number {
  return 2 * requestTimeoutMs + 2000;
}
