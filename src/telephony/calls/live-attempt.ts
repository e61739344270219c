/** One call attempt (one INVITE) in progress: feeds its state machine (call-machine.ts) and runs the resulting actions. */

import type { Logger } from "pino";
import { type Clock, steadyMs } from "../../shared/clock.ts";
import type { Timer, TimerOwner, Timers } from "../../shared/timers.ts";
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
  type CallTimer,
  stepCall,
} from "./call-machine.ts";
import type { CallObserver } from "./ports.ts";

/** How one INVITE is to be sent. */
export interface AttemptPlan {
  readonly request: CallRequest;
  /** For traces. */
  readonly trunk: string;
  readonly rules: CallRules;
  readonly control: CallControl;
  /** Null: none is configured. */
  readonly capture: SipCapture | null;
}

/** The call whose attempt it is. `ended` is called once, at the end. */
export interface AttemptOwner extends Required<CallObserver> {
  /** Has the call's id; gets no number. */
  logger(): Logger;
}

/** What happened; the time is now, by a clock that nobody sets: what a call costs is counted by it. */
export type AttemptInput = CallEventInput extends infer Input
  ? Input extends unknown
    ? Omit<Input, "atMs">
    : never
  : never;

export class LiveAttempt implements TimerOwner<CallTimer> {
  readonly #plan: AttemptPlan;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #owner: AttemptOwner;
  readonly #running: { [Name in CallTimer]?: Timer | null } = {};
  /** Until they are done. */
  #first: readonly CallAction[];
  #state: CallState;
  /** While sounds can be played. */
  #answered: LiveAnsweredCall | null = null;

  constructor(plan: AttemptPlan, time: { readonly clock: Clock; readonly timers: Timers }, owner: AttemptOwner) {
    const { clock, timers } = time;
    this.#plan = plan;
    this.#clock = clock;
    this.#timers = timers;
    this.#owner = owner;
    const { state, actions } = beginCall(plan.rules, steadyMs(clock));
    this.#state = state;
    this.#first = actions;
  }

  /** Places the call. Once. */
  begin(): void {
    const actions = this.#first;
    this.#first = [];
    this.#do(actions);
  }

  /** An event of this attempt's call. */
  receive(event: CallEvent): void {
    if (event.type === "key" || event.type === "played") this.#guarded(() => this.#answered?.receive(event));
    else this.feed(event);
  }

  feed(happened: AttemptInput): void {
    const input = { ...happened, atMs: steadyMs(this.#clock) } as CallEventInput;
    const step = stepCall(this.#plan.rules, this.#state, input);
    this.#state = step.state;
    if (step.state.phase === "ending" || step.state.phase === "over") this.#answered?.close();
    this.#do(step.actions);
  }

  #do(actions: readonly CallAction[]): void {
    const owner = this.#owner;
    for (const action of actions) {
      if (action.type === "originate") void this.#originate();
      else if (action.type === "hangup") void this.#hangup();
      else if (action.type === "calling") this.#guarded(() => owner.calling());
      else if (action.type === "ringing") this.#guarded(() => owner.ringing());
      else if (action.type === "talk") this.#talk();
      else if (action.type === "start_timer") this.#startTimer(action.timer, action.delayMs);
      else if (action.type === "stop_timer") this.#stopTimer(action.timer);
      else if (action.type === "end") void this.#end(action.end);
    }
  }

  #talk(): void {
    const { control, request } = this.#plan;
    // Where the driver has no media control no call is kept; see `Dialer`.
    if (control.media === null) {
      this.feed({ type: "finish" });
      return;
    }
    const answered = new LiveAnsweredCall({
      callId: request.callId,
      media: control.media,
      clock: this.#clock,
      logger: () => this.#logger(),
      finish: () => this.feed({ type: "finish" }),
    });
    this.#answered = answered;
    this.#guarded(() => this.#owner.answered(answered));
  }

  async #originate(): Promise<void> {
    let result: AttemptInput = { type: "placed" };
    try {
      await this.#plan.control.originate(this.#plan.request);
    } catch (error) {
      // Any other error is a bug in the driver: whether the call is up is then unknown.
      const refusal = error instanceof OriginateError ? error.refusal : "no_response";
      this.#logger().warn({ refusal }, "originate failed");
      result = { type: "refused", refusal };
    }
    this.feed(result);
  }

  async #hangup(): Promise<void> {
    let result: AttemptInput = { type: "hangup_done" };
    try {
      await this.#plan.control.hangup(this.#plan.request.callId);
    } catch {
      this.#logger().warn({ hangups: this.#state.hangupsSent }, "hang-up failed");
      result = { type: "hangup_failed" };
    }
    this.feed(result);
  }

  expired(timer: CallTimer): void {
    this.#running[timer] = null;
    this.feed({ type: "timer", timer });
  }

  #startTimer(timer: CallTimer, delayMs: number): void {
    this.#stopTimer(timer);
    this.#running[timer] = this.#timers.start(delayMs, this, timer);
  }

  #stopTimer(timer: CallTimer): void {
    this.#timers.stop(this.#running[timer] ?? null);
    this.#running[timer] = null;
  }

  async #end(end: CallEnd): Promise<void> {
    for (const timer of Object.keys(this.#running) as CallTimer[]) this.#stopTimer(timer);
    const { rules, capture, request, trunk } = this.#plan;
    if (end.endedBy === "unknown" && end.refusal === null)
      this.#logger().warn({ exists: end.exists }, "end of call not seen");
    // Without a capture there is nothing to wait for, not even one event-loop iteration.
    const { sipCallId } = end;
    const evidence =
      end.evidence ??
      (capture === null || sipCallId === null ? null : await capture.settle(sipCallId, { ...request, trunk }));
    const result = resultOf(end, rules.ringOnProgress, evidence);
    if (end.endedBy === "far_end" && result.endedBy === "unknown") {
      const { sipStatus, q850Cause } = end;
      this.#logger().warn(
        { sipStatus, q850Cause },
        "no final response of the trunk was seen: was the connection to it lost?",
      );
    }
    this.#owner.ended(result);
  }

  #logger(): Logger {
    return this.#owner.logger().child({ trunk: this.#plan.trunk });
  }

  #guarded(callback: () => void): void {
    guarded(() => this.#logger(), callback);
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
