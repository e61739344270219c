/** One call in progress: feeds its state machine (call-machine.ts) and runs the resulting actions. */
import type { Timer, TimerOwner, Timers } from "../../shared/timers.ts";
import { isChallenge } from "../evidence.ts";
import { splitValues, tagOf } from "../header.ts";
import { inviteResponse } from "../invite-reading.ts";
import { headersOf, onlyHeaderOf, type SipResponseMessage } from "../message.ts";
import type { SentInvite, ServerTransaction } from "../transaction/port.ts";
import type { Flow, Target } from "../transport/port.ts";
import { answersChallenge, stepCall } from "./call-machine.ts";
import { beginCall, type CallAction, type CallInput, type CallState } from "./call-state.ts";
import type { CallerParts } from "./caller-parts.ts";
import { FarEndRequests } from "./far-end-requests.ts";
import { farEndTag } from "./far-end-tag.ts";
import type { CallUser, SipCall } from "./port.ts";
import { contactAt, type InviteParts, mediaAt } from "./requests.ts";
import { Signalling, type SignallingUser } from "./signalling.ts";

/** What happened, and the response and flow that it is about. */
interface Happening {
  readonly input: CallInput;
  readonly response: SipResponseMessage | undefined;
  readonly flow: Flow | undefined;
}

/** What all calls of a caller share. */
export interface CallOwner {
  readonly parts: CallerParts;
  readonly timers: Timers;
  /** Called once, before the user's `ended`. */
  ended(call: LiveCall): void;
}

export class LiveCall implements SipCall, SignallingUser, TimerOwner<"limit"> {
  readonly sipCallId: string;
  readonly #owner: CallOwner;
  readonly #parts: CallerParts;
  readonly #invite: InviteParts;
  readonly #signalling: Signalling;
  readonly #user: CallUser;
  #state: CallState;
  #farEnd: FarEndRequests | null = null;
  #timer: Timer | null = null;
  /** What happens while an action runs waits its turn. */
  #busy = false;
  #stopped = false;
  #waiting: Happening[] = [];

  constructor(owner: CallOwner, invite: InviteParts, user: CallUser) {
    const { parts } = owner;
    this.sipCallId = invite.callId;
    this.#owner = owner;
    this.#parts = parts;
    this.#invite = invite;
    this.#user = user;
    this.#signalling = new Signalling(parts, invite, this);
    this.#state = beginCall(parts.monotonicMs());
  }

  /** Once. */
  begin(): void {
    this.#startTimer(this.#invite.call.limitMs);
    this.#signalling.locate();
  }

  hangUp(): void {
    this.feed({ type: "hang_up", atMs: this.#parts.monotonicMs() });
  }

  /**
   * The stack stops. A call with no INVITE alive ends; of one that may ring nothing is reported any more, because another gateway
   * takes it over (ADR 73).
   */
  stop(): void {
    const { phase } = this.#state;
    if (phase === "opening") this.hangUp();
    else if (phase === "answered") this.feed({ type: "time_over", atMs: this.#parts.monotonicMs() });
    this.#stopped = true;
    this.#stopTimer();
    this.#owner.ended(this);
  }

  /** A request of the far end with this call's Call-ID. */
  receive(transaction: ServerTransaction): void {
    const { call, session, mediaHost, from } = this.#invite;
    const { flow, request } = transaction;
    this.#farEnd ??= new FarEndRequests();
    const response = this.#farEnd.answer(request, {
      ourTag: tagOf(from) ?? "",
      farEnds: this.#state.farEnds,
      contact: contactAt(flow, call.contactUser),
      media: mediaAt(flow, mediaHost, session),
      session,
    });
    if (response === null) return;
    transaction.respond(response);
    if (request.method === "BYE" && response.status === 200) this.feed({ type: "far_end_bye" });
  }

  response(message: SipResponseMessage, flow: Flow, atMs: number): void {
    const toTag = farEndTag(message, "to");
    const response = inviteResponse(message, { cseq: this.#state.wire?.cseq ?? 0, fromTag: "", toTag });
    const rseq = message.status > 100 && message.status < 200 ? rseqOf(message) : 0;
    this.feed({ type: "response", response, phrase: message.phrase, rseq, atMs }, message, flow);
  }

  inviteOpen(sent: SentInvite, target: Target): void {
    this.#user.inviteOpen?.(sent, target);
  }

  feed(input: CallInput, response?: SipResponseMessage, flow?: Flow): void {
    if (this.#stopped) return;
    if (this.#busy) {
      this.#waiting.push({ input, response, flow });
      return;
    }
    this.#busy = true;
    this.#stepSafely({ input, response, flow });
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#stepSafely(next);
    }
    this.#busy = false;
  }

  /** An exception must not leave the call busy for ever. */
  #stepSafely({ input, response, flow }: Happening): void {
    try {
      this.#step(input, response, flow);
    } catch (error) {
      this.#parts.onError(error);
    }
  }

  #step(input: CallInput, response?: SipResponseMessage, flow?: Flow): void {
    const canAnswer =
      input.type === "response" &&
      response !== undefined &&
      isChallenge(response.status) &&
      answersChallenge(this.#state) &&
      this.#signalling.answerChallenge(response);
    const step = stepCall(this.#state, input, canAnswer);
    this.#state = step.state;
    for (const action of step.actions) {
      try {
        this.#do(action, input, response, flow);
      } catch (error) {
        this.#parts.onError(error);
      }
    }
  }

  #do(action: CallAction, input: CallInput, response?: SipResponseMessage, flow?: Flow): void {
    const signalling = this.#signalling;
    switch (action) {
      case "next_target":
        signalling.nextTarget();
        break;
      case "same_target":
        signalling.open();
        break;
      case "target_failed":
        signalling.targetFailed(input.type === "response" ? input.response.retryAfterSeconds : undefined);
        break;
      case "target_worked":
        signalling.targetWorked();
        break;
      case "invite":
        // Before what came meanwhile.
        this.#waiting.unshift({ input: signalling.sendInvite(), response: undefined, flow: undefined });
        break;
      case "cancel":
        signalling.cancel();
        break;
      case "cancel_elsewhere":
        signalling.cancelElsewhere();
        break;
      case "give_up":
        void signalling.giveUp(this.#state.wire?.evidence.canceledAtMs ?? null);
        break;
      case "prack":
        if (input.type === "response" && response !== undefined) signalling.prack(response, input.rseq);
        break;
      case "acknowledge":
        if (response !== undefined && flow !== undefined) signalling.acknowledge(response, flow);
        break;
      case "bye":
        if (response !== undefined && flow !== undefined) signalling.bye(response, flow);
        break;
      case "await_end":
        this.#startTimer(this.#parts.endWaitMs);
        break;
      case "end":
        this.#end();
        break;
      default:
        this.#user[action](this.#parts.clock.nowMs());
        break;
    }
  }

  /** The time that the call has, or its end, is over. */
  expired(): void {
    this.feed({ type: "time_over", atMs: this.#parts.monotonicMs() });
  }

  #startTimer(delayMs: number): void {
    this.#stopTimer();
    this.#timer = this.#owner.timers.start(delayMs, this, "limit");
  }

  #stopTimer(): void {
    this.#owner.timers.stop(this.#timer);
    this.#timer = null;
  }

  #end(): void {
    this.#stopTimer();
    const { ending } = this.#state;
    this.#owner.ended(this);
    if (ending !== null) this.#user.ended(ending, this.#parts.clock.nowMs());
  }
}

/** RFC 3262 section 7.1, of a response that requires its acknowledgement; 0: it does not. */
function rseqOf(message: SipResponseMessage): number {
  const required = headersOf(message, "require");
  if (required.length === 0) return 0;
  if (!required.flatMap(splitValues).some((tag) => tag.toLowerCase() === "100rel")) return 0;
  const rseq = onlyHeaderOf(message, "rseq") ?? "";
  const number = /^\d{1,10}$/.test(rseq) ? Number(rseq) : 0;
  return number < 2 ** 31 ? number : 0;
}
