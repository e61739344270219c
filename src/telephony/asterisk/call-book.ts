/** The calls of one driver and the reports about them: each update once, and one end for each call. */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import { type CallEvent, type CallRequest, OriginateError } from "../call-control/port.ts";
import { isCallId } from "../call-control/request.ts";
import { type ChannelUpdate, callIdOf, channelIdOf, isNew, type LiveChannel, type OwnCall } from "./own-calls.ts";

/** A call whose fail-safe in Asterisk expired this long ago is over, even if its end was missed. */
const goneMarginMs = 30_000;

export interface CallBookParts {
  readonly app: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class CallBook {
  readonly #parts: CallBookParts;
  readonly #steady: Clock;
  /** By channel id. Bounded by the dialer's call slots, and by `goneByMs`. */
  readonly #calls = new Map<string, OwnCall>();
  #receive: (event: CallEvent) => void = () => undefined;

  constructor(parts: CallBookParts) {
    this.#parts = parts;
    this.#steady = steadyClock(parts.clock);
  }

  onEvent(receiver: (event: CallEvent) => void): void {
    this.#receive = receiver;
  }

  get(channelId: string): OwnCall | undefined {
    return this.#calls.get(channelId);
  }

  /** A call that is about to be placed. @throws {OriginateError} where one with this id is up */
  add({ callId, failSafeSeconds, limitSeconds = failSafeSeconds }: CallRequest): OwnCall {
    const channelId = channelIdOf(this.#parts.app, callId);
    if (this.#calls.has(channelId)) throw new OriginateError("duplicate", "this call is up");
    const goneByMs = this.#steady.nowMs() + limitSeconds * 1000 + goneMarginMs;
    const call: OwnCall = {
      callId,
      channelId,
      goneByMs,
      placing: true,
      wanted: true,
      hangupsUnderWay: 0,
      reported: new Set(),
    };
    this.#calls.set(channelId, call);
    return call;
  }

  /** The channel of a call that is up. @throws {Error} where there is none */
  channelOf(callId: string): string {
    const channelId = isCallId(callId) ? channelIdOf(this.#parts.app, callId) : "";
    if (!this.#calls.has(channelId)) throw new Error("no such call is up");
    return channelId;
  }

  /** A call that was not placed after all. */
  remove(call: OwnCall): void {
    this.#calls.delete(call.channelId);
  }

  report(call: OwnCall, update: ChannelUpdate): void {
    const base = { callId: call.callId, atMs: this.#parts.clock.nowMs() };
    if (update.type === "dialing") return;
    if (update.type === "ended") {
      this.#calls.delete(call.channelId);
      const { q850Cause, sipStatus, sipCallId, lastResponse } = update;
      this.#emit({ ...base, type: "ended", q850Cause, sipStatus, sipCallId, lastResponse });
      return;
    }
    if (update.type === "key") this.#emit({ ...base, type: "key", key: update.key });
    else if (update.type === "played") {
      const { playbackId, complete } = update;
      this.#emit({ ...base, type: "played", playbackId, complete });
    } else if (isNew(call, update.type)) this.#emit({ ...base, type: update.type });
  }

  lose(call: OwnCall): void {
    if (!this.#calls.delete(call.channelId)) return;
    this.#emit({ type: "lost", callId: call.callId, atMs: this.#parts.clock.nowMs() });
  }

  loseTheGone(): void {
    const nowMs = this.#steady.nowMs();
    for (const call of this.#calls.values()) if (call.goneByMs <= nowMs) this.lose(call);
  }

  /**
   * The calls that must be in a list of channels which is asked for now. Those whose request is not answered yet may be
   * missing from it and still come.
   */
  placed(): readonly OwnCall[] {
    return [...this.#calls.values()].filter((call) => !call.placing);
  }

  /**
   * Reports what was missed during a disconnect.
   * @param placed what `placed` gave before the list was asked for
   * @returns orphan channels, to be hung up
   */
  reconcile(placed: readonly OwnCall[], channels: readonly LiveChannel[]): string[] {
    const unowned: string[] = [];
    for (const { id, state } of channels) {
      if (callIdOf(this.#parts.app, id) === null) continue;
      const call = this.#calls.get(id);
      if (call !== undefined && state !== undefined) this.report(call, { type: state, channelId: id });
      if (call?.wanted !== true) unowned.push(id);
    }
    const up = new Set(channels.map((channel) => channel.id));
    for (const call of placed) if (!up.has(call.channelId)) this.lose(call);
    if (unowned.length > 0) {
      this.#parts.logger.warn({ channels: unowned.length }, "hanging up orphan channels");
    }
    return unowned;
  }

  /**
   * Ends a call that is no longer needed.
   * @param send requests the hang-up from Asterisk; until it is answered, updates of the call are expected
   */
  async end(callId: string, send: (channelId: string) => Promise<void>): Promise<void> {
    if (!isCallId(callId)) throw new Error("not a call id");
    const channelId = channelIdOf(this.#parts.app, callId);
    const call = this.#calls.get(channelId);
    if (call === undefined) return send(channelId);
    call.wanted = false;
    call.hangupsUnderWay += 1;
    try {
      await send(channelId);
    } finally {
      call.hangupsUnderWay -= 1;
    }
  }

  /** Whether a live channel of ours is an orphan: its call is not wanted, and no hang-up is in progress. */
  isUnowned(channelId: string): boolean {
    const call = this.#calls.get(channelId);
    if (call === undefined) return callIdOf(this.#parts.app, channelId) !== null;
    return !call.wanted && call.hangupsUnderWay === 0;
  }

  #emit(event: CallEvent): void {
    try {
      this.#receive(event);
    } catch (error) {
      // An exception in a listener must not disturb the driver.
      this.#parts.logger.error({ err: error }, "call event listener threw");
    }
  }
}
