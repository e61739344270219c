/** Places short calls, each through the Asterisk of its channel slot, and counts them. */
import type { Logger } from "pino";
import { isE164 } from "../../numbers/e164.ts";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import { Timers } from "../../shared/timers.ts";
import type { CallControl, CallEvent } from "../call-control/port.ts";
import type { SipCapture } from "../sip-capture/index.ts";
import { endpointOf } from "../trunks/engines.ts";
import { createNumberFormats, type NumberFormat } from "../trunks/number-format.ts";
import type { ChannelSlot, DialerSlots, SlotNeeds } from "../trunks/slots-port.ts";
import { logEnd } from "./call-log.ts";
import { isSignOfLife } from "./call-machine.ts";
import { endWaitMs, failSafeSeconds, longestCallMs, probeNeeds, remainingMs, timesOf } from "./call-times.ts";
import { traced } from "./call-trace.ts";
import type { DialerConfig } from "./config.ts";
import { type Ending, outcomeOf } from "./ending.ts";
import { type AttemptPlan, guarded } from "./live-attempt.ts";
import { type CallOwner, LiveCall } from "./live-call.ts";
import type { Call, CallObserver, CallResult, Dialer, KeptCall, ProbeCall, RemainingMs } from "./ports.ts";

/** Once a second, for as long as a short break of the connection lasts. */
const hangupRetryMs = 1000;
const maxHangups = 8;

export interface DialerParts {
  /** By name of the Asterisk. The dialer becomes the receiver of their events. */
  readonly callControls: ReadonlyMap<string, CallControl>;
  readonly config: DialerConfig;
  readonly slots: Pick<DialerSlots, "reserveAnother" | "release" | "placing" | "alerted" | "callEnded">;
  readonly capture: SipCapture | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createDialer(parts: DialerParts): Dialer {
  const dialer = new ShortCallDialer(parts);
  for (const [asterisk, control] of parts.callControls) {
    control.onEvent((event) => dialer.receive(asterisk, control, event));
  }
  return dialer;
}

class ShortCallDialer implements Dialer {
  readonly longestCallMs: number;
  readonly remainingMs: RemainingMs;
  readonly #parts: DialerParts;
  /** By call id; bounded by the slots that can be taken. */
  readonly #calls = new Map<string, LiveCall>();
  /** By attempt id: each call may have several. */
  readonly #attempts = new Map<string, LiveCall>();
  readonly #owner: CallOwner;
  /** Asterisks for which the log already warned that a final response may be generated locally. */
  readonly #doubted = new Set<string>();
  readonly #formats: ReadonlyMap<string, NumberFormat>;
  #draining = false;
  #drained: (() => void)[] = [];

  constructor(parts: DialerParts) {
    this.#parts = parts;
    this.#formats = createNumberFormats(parts.config.trunks);
    this.longestCallMs = parts.config.calls.max_queue_ms + longestCallMs(parts.config);
    this.remainingMs = remainingMs(parts.config);
    this.#owner = this.#ownerOfCalls();
  }

  limitsOf(kind: KeptCall | ProbeCall): Pick<Dialer, "longestCallMs" | "remainingMs"> {
    const { config } = this.#parts;
    return {
      longestCallMs: config.calls.max_queue_ms + longestCallMs(config, kind),
      remainingMs: remainingMs(config, kind),
    };
  }

  get liveCalls(): number {
    return this.#calls.size;
  }

  place(call: Call, observer: CallObserver): void {
    const whyNot = this.#whyNot(call);
    if (whyNot !== null) {
      void this.#parts.slots.release(call.slot);
      // Ends later, so that `place` has returned when the observer is called.
      queueMicrotask(() => this.#report(call, observer, unplaced(whyNot)));
      return;
    }
    const { clock, logger } = this.#parts;
    const live = new LiveCall(this.#owner, call, traced(call, observer, clock, logger));
    this.#calls.set(call.callId, live);
    live.begin();
  }

  #ownerOfCalls(): CallOwner {
    const { config, slots, clock, logger } = this.#parts;
    return {
      ...{ slots, clock, logger, maxAttempts: config.calls.max_trunks },
      timers: new Timers(steadyClock(clock)),
      setupLimitMs: ({ probe }) => timesOf(config, probe).setupMs,
      needsOf: (call) => this.#needsOf(call),
      plan: (call, slot, attemptId, setupLimitMs) => this.#plan(call, slot, attemptId, setupLimitMs),
      attemptBegins: (attemptId, live) => void this.#attempts.set(attemptId, live),
      attemptEnded: (attemptId) => void this.#attempts.delete(attemptId),
      neverPlaced: (known) => unplaced(knownOf[known]),
      ended: (call, observer, result) => this.#ended(call, observer, result),
    };
  }

  cancel(callId: string): void {
    this.#calls.get(callId)?.cancel();
  }

  drain(graceMs: number): Promise<void> {
    this.#draining = true;
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stopGrace = this.#parts.clock.after(graceMs, () => {
        for (const callId of [...this.#calls.keys()]) this.cancel(callId);
      });
      this.#drained.push(() => {
        stopGrace();
        resolve();
      });
    });
  }

  /** An event of an Asterisk, whose `callId` is our attempt's. A channel whose attempt has already ended here is hung up. */
  receive(asterisk: string, control: CallControl, event: CallEvent): void {
    if (event.type === "ended" && event.lastResponse === null && event.evidence === undefined)
      this.#warnOfDoubt(asterisk, event.sipCallId);
    const watched = this.#attempts.get(event.callId)?.receive(event) ?? false;
    if (!watched && isSignOfLife(event.type)) control.hangup(event.callId).catch(() => undefined);
  }

  /** Once per Asterisk: without either source a broken connection cannot be distinguished from a carrier's 503. */
  #warnOfDoubt(asterisk: string, sipCallId: string | null): void {
    const isCaptured = this.#parts.capture !== null && sipCallId !== null;
    if (isCaptured || this.#doubted.has(asterisk)) return;
    this.#doubted.add(asterisk);
    this.#parts.logger.warn(
      { asterisk },
      "no SIP capture of its calls, and Asterisk's events lack `channelvars` (docs/outcomes.md): calls do not fail over after 408, 502 or 503",
    );
  }

  #needsOf({ keep, probe }: Call): SlotNeeds | undefined {
    const { config } = this.#parts;
    if (probe !== undefined) return probeNeeds(probe, longestCallMs(config, probe));
    return keep === undefined ? undefined : { canServe: keep.canServe, longestCallMs: longestCallMs(config, keep) };
  }

  /** Why this call cannot be placed, as its end; null: it can. */
  #whyNot(call: Call): Partial<Ending> | null {
    if (this.#draining) return { canceled: true };
    if (this.#calls.has(call.callId)) return { refusal: "duplicate" };
    const numbersFit = isE164(call.callee) && isE164(call.callerId);
    // The same outcome as a carrier's response for such a number.
    return numbersFit ? null : { endedBy: "far_end", sipStatus: 484 };
  }

  #plan(call: Call, slot: ChannelSlot, attemptId: string, setupLimitMs: number): AttemptPlan | null {
    const { callControls, config } = this.#parts;
    const trunk = config.trunks[slot.trunk];
    const control = callControls.get(slot.asterisk);
    const format = this.#formats.get(slot.trunk);
    const callee = format?.callee(call.callee) ?? null;
    const callerId = format?.callerId(call.callerId) ?? null;
    if (trunk === undefined || control === undefined) return null;
    // Routing gives no slot to a trunk that cannot dial the callee, and the configuration's caller IDs are checked.
    if (callee === null || callerId === null) return null;
    // Its answer would cost money, and nothing could be said.
    if (call.keep !== undefined && control.media === null) return null;
    // Locks and leases last as long as the configured time needs.
    const rings = call.keep?.ringMs ?? Math.min(call.ringMs ?? config.calls.ring_ms, config.calls.ring_ms);
    const ringMs = call.probe === undefined ? rings : 0;
    const talkMs = call.keep?.talkMs ?? null;
    const dueMs = setupLimitMs + ringMs;
    return {
      control,
      capture: this.#parts.capture,
      trunk: slot.trunk,
      request: {
        callId: attemptId,
        endpoint: endpointOf(slot.trunk, trunk),
        callee,
        callerId,
        e164: { callee: call.callee, callerId: call.callerId },
        failSafeSeconds: failSafeSeconds(dueMs),
        ...(talkMs === null ? {} : { limitSeconds: failSafeSeconds(dueMs + talkMs) }),
      },
      rules: {
        ringOnProgress: trunk.ring_on === "180+183",
        ringMs,
        talkMs,
        ...(call.probe && { endsAt: call.probe.endsOn183.includes(slot.trunk) ? "progress" : "alerting" }),
        setupLimitMs,
        hangupRetryMs,
        maxHangups,
        hangsUpEarly: control.hangsUpEarly === true,
        endWaitMs: endWaitMs(config, slot.asterisk),
      },
    };
  }

  #ended(call: Call, observer: CallObserver, result: CallResult): void {
    this.#calls.delete(call.callId);
    this.#report(call, observer, result);
    if (this.#calls.size > 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }

  #report(call: Call, observer: CallObserver, result: CallResult): void {
    const { logger, config } = this.#parts;
    const trunk = result.attempts.at(-1)?.trunk ?? call.slot.trunk;
    logEnd(logger, { call, trunk, ringOn: config.trunks[trunk]?.ring_on, result });
    guarded(
      () => logger.child({ callId: call.callId }),
      () => observer.ended(result),
    );
  }
}

/** The result of a call without an INVITE. */
function unplaced(known: Partial<Ending>): CallResult {
  return {
    outcome: outcomeOf({ ...nothingHappened, ...known }),
    alerted: false,
    progress: false,
    postDialDelayMs: null,
    ringMs: null,
    sipStatus: null,
    q850Cause: null,
    endedBy: "unknown",
    source: "events",
    falseAnswer: false,
    silent: false,
    // Another call already has this id.
    inviteOver: known.refusal !== "duplicate",
    networkBlocked: false,
    redressUrl: null,
    attempts: [],
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
  endedBy: "unknown",
  sipStatus: null,
  q850Cause: null,
  carrierCause: null,
  networkBlocked: false,
};
