/** One call attempt (one INVITE) in progress: feeds its state machine (call-machine.ts) and runs the resulting actions. */

import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { CallEvent } from "../call-control/port.ts";
import { type CallControl, type CallRequest, OriginateError } from "../call-control/port.ts";
import type { SipCapture } from "../sip-capture/index.ts";
import { LiveAnsweredCall } from "./answered-call.ts";
import { type CallEnd, resultOf } from "./attempt-result.ts";
import {
  beginCall,
  type CallAction,
  type CallEventInput,
  type CallRules,
  type CallState,
  type CallStep,
  type CallTimer,
  stepCall,
} from "./call-machine.ts";
import type { CallObserver, CallResult } from "./ports.ts";

export interface LiveAttemptParts {
  readonly request: CallRequest;
  /** For traces. */
  readonly trunk: string;
  readonly rules: CallRules;
  readonly control: CallControl;
  /** Null: none is configured. */
  readonly capture: SipCapture | null;
  readonly clock: Clock;
  /** Has the call's id; gets no number. */
  readonly logger: () => Logger;
  readonly observer: Pick<CallObserver, "calling" | "ringing" | "answered">;
  /** Called once, at the end. */
  readonly onEnd: (result: CallResult) => void;
}

/** What happened; the time is now, by a clock that nobody sets: what a call costs is counted by it. */
export type AttemptInput = CallEventInput extends infer Input
  ? Input extends unknown
    ? Omit<Input, "atMs">
    : never
  : never;

export class LiveAttempt {
  readonly #parts: LiveAttemptParts;
  readonly #nowMs: () => number;
  readonly #timers = new Map<CallTimer, () => void>();
  readonly #first: CallStep;
  #state: CallState;
  /** While sounds can be played. */
  #answered: LiveAnsweredCall | null = null;

  constructor(parts: LiveAttemptParts) {
    this.#parts = parts;
    this.#nowMs = steadyClock(parts.clock).nowMs;
    this.#first = beginCall(parts.rules, this.#nowMs());
    this.#state = this.#first.state;
  }

  /** Places the call. Once. */
  begin(): void {
    this.#do(this.#first.actions);
  }

  /** An event of this attempt's call. */
  receive(event: CallEvent): void {
    if (event.type === "key" || event.type === "played")
      guarded(this.#parts.logger, () => this.#answered?.receive(event));
    else this.feed(event);
  }

  feed(happened: AttemptInput): void {
    const input = { ...happened, atMs: this.#nowMs() } as CallEventInput;
    const step = stepCall(this.#parts.rules, this.#state, input);
    this.#state = step.state;
    if (step.state.phase === "ending" || step.state.phase === "over") this.#answered?.close();
    this.#do(step.actions);
  }

  #do(actions: readonly CallAction[]): void {
    const { observer, logger } = this.#parts;
    for (const action of actions) {
      if (action.type === "originate") void this.#originate();
      else if (action.type === "hangup") void this.#hangup();
      else if (action.type === "calling") guarded(logger, () => observer.calling());
      else if (action.type === "ringing") guarded(logger, () => observer.ringing());
      else if (action.type === "talk") this.#talk();
      else if (action.type === "start_timer") this.#startTimer(action.timer, action.delayMs);
      else if (action.type === "stop_timer") this.#stopTimer(action.timer);
      else if (action.type === "end") void this.#end(action.end);
    }
  }

  #talk(): void {
    const { control, request, clock, logger, observer } = this.#parts;
    // Where the driver has no media control no call is kept; see `Dialer`.
    if (control.media === null) {
      this.feed({ type: "finish" });
      return;
    }
    const answered = new LiveAnsweredCall({
      callId: request.callId,
      media: control.media,
      clock,
      logger,
      finish: () => this.feed({ type: "finish" }),
    });
    this.#answered = answered;
    guarded(logger, () => observer.answered?.(answered));
  }

  async #originate(): Promise<void> {
    let result: AttemptInput = { type: "placed" };
    try {
      await this.#parts.control.originate(this.#parts.request);
    } catch (error) {
      // Any other error is a bug in the driver: whether the call is up is then unknown.
      const refusal = error instanceof OriginateError ? error.refusal : "no_response";
      this.#parts.logger().warn({ refusal }, "originate failed");
      result = { type: "refused", refusal };
    }
    this.feed(result);
  }

  async #hangup(): Promise<void> {
    let result: AttemptInput = { type: "hangup_done" };
    try {
      await this.#parts.control.hangup(this.#parts.request.callId);
    } catch {
      this.#parts.logger().warn({ hangups: this.#state.hangupsSent }, "hang-up failed");
      result = { type: "hangup_failed" };
    }
    this.feed(result);
  }

  #startTimer(timer: CallTimer, delayMs: number): void {
    this.#stopTimer(timer);
    const stop = this.#parts.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      this.feed({ type: "timer", timer });
    });
    this.#timers.set(timer, stop);
  }

  #stopTimer(timer: CallTimer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  async #end(end: CallEnd): Promise<void> {
    for (const timer of [...this.#timers.keys()]) this.#stopTimer(timer);
    const { logger, onEnd, rules, capture, request, trunk } = this.#parts;
    if (end.endedBy === "unknown" && end.refusal === null)
      logger().warn({ exists: end.exists }, "end of call not seen");
    // Without a capture there is nothing to wait for, not even one event-loop iteration.
    const { sipCallId } = end;
    const evidence =
      end.evidence ??
      (capture === null || sipCallId === null ? null : await capture.settle(sipCallId, { ...request, trunk }));
    const result = resultOf(end, rules.ringOnProgress, evidence);
    if (end.endedBy === "far_end" && result.endedBy === "unknown") {
      const { sipStatus, q850Cause } = end;
      logger().warn(
        { sipStatus, q850Cause },
        "no final response of the trunk was seen: was the connection to it lost?",
      );
    }
    onEnd(result);
  }
}

/** An exception in an observer must not disturb the call. */
export function guarded(logger: () => Logger, callback: () => void): void {
  try {
    callback();
  } catch (error) {
    logger().error({ err: error }, "call observer threw");
  }
}
