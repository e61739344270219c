/** The driver `sip`: places the calls of its trunks over the gateway's own SIP stack, without an Asterisk. */
import type { Logger } from "pino";
import { backoffMs } from "../../shared/backoff.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { Caller } from "../../sip/call/port.ts";
import type { HeaderLine, SentInvite } from "../../sip/transaction/port.ts";
import type { Target } from "../../sip/transport/port.ts";
import {
  type CallControl,
  type CallEvent,
  type CallRequest,
  type InboundCall,
  OriginateError,
} from "../call-control/port.ts";
import { assertCallRequest, isCallId } from "../call-control/request.ts";
import type { OpenInvites } from "./open-invites-port.ts";
import type { CallTraces } from "./trace.ts";
import { TrunkCall, type TrunkCallOwner } from "./trunk-call.ts";
import type { TrunkPlan } from "./trunk-plans.ts";

/** The stack below the driver; assembled in stack.ts. */
export interface SipStack {
  /** Binds, registers, begins to send OPTIONS. @throws {Error} where a port is taken */
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly caller: Pick<Caller, "place">;
  /** Route lines that a trunk's registrar asks for. */
  serviceRoute(trunk: string): readonly HeaderLine[];
  /** Sets the one receiver of inbound calls, which are refused with or without it. */
  onInbound(receiver: (call: InboundCall) => void): void;
}

export interface SipDriverParts {
  readonly stack: SipStack;
  /** By the name of the trunk. */
  readonly plans: ReadonlyMap<string, Pick<TrunkPlan, "call">>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where each INVITE under way is noted, so that another gateway can cancel it if this one dies. */
  readonly openInvites?: OpenInvites;
  /** Is shown every call before its first message. */
  readonly traces?: Pick<CallTraces, "begin">;
}

/**
 * After its end another gateway can still cancel a call that may ring on, in milliseconds: this one tries to for 30 s, and may be
 * stopped or killed meanwhile.
 */
export const mayRingMs = 32_000;
/** Of the Call-ID: random, so that it names neither app nor verification to the carrier (RFC 3261 section 8.1.1.4). */
const callIdBytes = 15;

export class SipDriver implements CallControl {
  /** No RTP: nothing can be played. */
  readonly media = null;
  readonly hangsUpEarly = true;
  readonly #parts: SipDriverParts;
  /** By call id, until `ended`. Bounded by the slots, and by each call's limit. */
  readonly #calls = new Map<string, TrunkCall>();
  /** What stops the timer of each call that has ended and may ring on. */
  readonly #ringing = new Set<() => void>();
  readonly #owner: TrunkCallOwner = {
    event: (event) => this.#report(event),
    over: (callId, mayRing) => this.#over(callId, mayRing),
    open: (callId, trunk, sent, target) => this.#open(callId, trunk, sent, target),
  };
  #emit: (event: CallEvent) => void = () => undefined;
  #tellConnection: (connected: boolean) => void = () => undefined;
  #connected = false;
  #stopped = false;
  #failures = 0;
  #stopTimer: () => void = () => undefined;

  constructor(parts: SipDriverParts) {
    this.#parts = parts;
  }

  get connected(): boolean {
    return this.#connected;
  }

  async start(): Promise<void> {
    try {
      await this.#parts.stack.start();
    } catch (error) {
      this.#failures += 1;
      const pauseMs = backoffMs(this.#failures, this.#parts.random);
      const reason = (error as Error).message;
      this.#parts.logger.error({ reason, pauseMs, failures: this.#failures }, "SIP cannot listen: no call is placed");
      if (!this.#stopped) this.#stopTimer = this.#parts.clock.after(pauseMs, () => void this.start());
      return;
    }
    if (this.#stopped) return this.#parts.stack.stop();
    this.#changed(true);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopTimer();
    // They stay noted: another gateway takes them.
    for (const stop of this.#ringing) stop();
    this.#ringing.clear();
    this.#changed(false);
    await this.#parts.stack.stop();
  }

  onEvent(receiver: (event: CallEvent) => void): void {
    this.#emit = receiver;
  }

  onInbound(receiver: (call: InboundCall) => void): void {
    this.#parts.stack.onInbound(receiver);
  }

  onConnection(receiver: (connected: boolean) => void): void {
    this.#tellConnection = receiver;
  }

  originate(request: CallRequest): Promise<void> {
    try {
      assertCallRequest(request);
      if (!this.#connected) throw new OriginateError("not_connected", "SIP is not listening");
      const plan = this.#parts.plans.get(request.endpoint);
      if (plan === undefined) throw new OriginateError("trunk_down", "no such SIP trunk");
      if (this.#calls.has(request.callId)) throw new OriginateError("duplicate", "this call is up");
      return this.#place(request, plan);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  hangup(callId: string): Promise<void> {
    if (!isCallId(callId)) return Promise.reject(new Error("not a call id"));
    this.#calls.get(callId)?.hangUp();
    return Promise.resolve();
  }

  #place(request: CallRequest, plan: Pick<TrunkPlan, "call">): Promise<void> {
    const { clock, random, stack } = this.#parts;
    const { callId, endpoint: trunk } = request;
    const call = new TrunkCall(callId, trunk, this.#owner);
    this.#calls.set(callId, call);
    try {
      const id = random.bytes(callIdBytes).toString("base64url");
      const outgoing = plan.call(request, id, clock.nowMs(), stack.serviceRoute(trunk));
      const { callee, callerId } = request.e164 ?? request;
      this.#parts.traces?.begin({ callId, trunk, callee, callerId }, id);
      return call.begin((user) => stack.caller.place(outgoing, user));
    } catch (error) {
      this.#calls.delete(callId);
      throw error;
    }
  }

  #open(callId: string, trunk: string, sent: SentInvite, { protocol, address, port, serverName }: Target): void {
    const target = { protocol, address, port, ...(serverName === undefined ? {} : { serverName }) };
    this.#parts.openInvites?.sent(callId, { sent, trunk, target });
  }

  #over(callId: string, mayRing: boolean): void {
    const { openInvites } = this.#parts;
    this.#calls.delete(callId);
    if (mayRing && openInvites !== undefined) this.#overLater(callId, openInvites);
    else openInvites?.over(callId);
  }

  #overLater(callId: string, openInvites: OpenInvites): void {
    const stop = this.#parts.clock.after(mayRingMs, () => {
      this.#ringing.delete(stop);
      openInvites.over(callId);
    });
    this.#ringing.add(stop);
  }

  #report(event: CallEvent): void {
    try {
      this.#emit(event);
    } catch (error) {
      // An exception in a listener must not disturb the driver.
      this.#parts.logger.error({ err: error }, "call event listener threw");
    }
  }

  #changed(connected: boolean): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (connected) this.#failures = 0;
    try {
      this.#tellConnection(connected);
    } catch (error) {
      this.#parts.logger.error({ err: error }, "connection listener threw");
    }
  }
}
