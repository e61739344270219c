/** Call control over the asterisk-manager package: AMI, for a PBX that opens nothing else. */
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { AmiCallsConfig } from "../../../config/asterisk-access.ts";
import type { Random } from "../../../random.ts";
import type { AmiSession, ManagerMessage } from "../../ami/session.ts";
import {
  type CallControl,
  type CallEvent,
  type CallRequest,
  type InboundCall,
  OriginateError,
} from "../../call-control.ts";
import { assertCallRequest, isCallId } from "../../call-request.ts";
import { callIdOf, channelIdOf, isNew, type OwnCall } from "../ari/calls.ts";
import { AmiConnection } from "./connection.ts";
import { type AmiNews, channelStates, readEvent } from "./events.ts";
import { channelExists, hangUp, listChannels, originate, originateError } from "./requests.ts";

export interface AsteriskManagerDriverParts {
  readonly asterisk: AmiCallsConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A call that Asterisk should have ended by itself this long ago is gone, whatever we missed. */
const goneMarginMs = 30_000;
/** Channels of ours that nobody owns are hung up, this many at once. */
const maxStrayHangups = 50;
/** OriginateResponse may overtake the events of its channel, which Asterisk sends by another way: they get this long. */
const overtakenMs = 200;

type ChannelNews = Exclude<AmiNews, { type: "inbound" | "not_placed" }>;

/** An originate that waits for its channel. */
interface Placing {
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

export function createAsteriskManagerDriver(parts: AsteriskManagerDriverParts): CallControl {
  return new AsteriskManagerDriver(parts);
}

class AsteriskManagerDriver implements CallControl {
  readonly #parts: AsteriskManagerDriverParts;
  readonly #app: string;
  readonly #connection: AmiConnection;
  /** By channel id. Bounded by the dialer's call slots, and by `goneByMs`. */
  readonly #calls = new Map<string, OwnCall>();
  /** By channel id; each leaves at its deadline. */
  readonly #placing = new Map<string, Placing>();
  readonly #strays = new Set<string>();
  #receive: (event: CallEvent) => void = () => undefined;
  #receiveInbound: (call: InboundCall) => void = () => undefined;
  #tellConnection: (connected: boolean) => void = () => undefined;

  constructor(parts: AsteriskManagerDriverParts) {
    this.#parts = parts;
    this.#app = parts.asterisk.ari_app;
    this.#connection = new AmiConnection({
      ...parts,
      owner: {
        reconcile: (session) => this.#reconcile(session),
        event: (event) => this.#event(event),
        changed: (up) => this.#guarded(() => this.#tellConnection(up)),
        heartbeat: () => this.#forgetTheGone(),
      },
    });
  }

  get connected(): boolean {
    return this.#connection.up;
  }

  start(): Promise<void> {
    return this.#connection.start();
  }

  async stop(): Promise<void> {
    this.#connection.stop();
  }

  onEvent(receiver: (event: CallEvent) => void): void {
    this.#receive = receiver;
  }

  onInbound(receiver: (call: InboundCall) => void): void {
    this.#receiveInbound = receiver;
  }

  onConnection(receiver: (connected: boolean) => void): void {
    this.#tellConnection = receiver;
  }

  async originate(request: CallRequest): Promise<void> {
    assertCallRequest(request);
    const { session } = this.#connection;
    if (session === null || !this.connected) throw new OriginateError("not_connected", "no connection to Asterisk");
    const channelId = channelIdOf(this.#app, request.callId);
    if (this.#calls.has(channelId)) throw new OriginateError("duplicate", "this call is up");

    const call = this.#remember(request, channelId);
    try {
      await Promise.all([this.#channelOf(session, channelId), originate(session, channelId, request)]);
    } catch (error) {
      const known = originateError(error);
      // With no response the call may be up: it stays ours, and its events are told.
      if (known.refusal !== "no_response") this.#calls.delete(channelId);
      throw known;
    } finally {
      call.placing = false;
    }
  }

  async hangup(callId: string): Promise<void> {
    if (!isCallId(callId)) throw new Error("not a call id");
    const channelId = channelIdOf(this.#app, callId);
    const call = this.#calls.get(channelId);
    if (call !== undefined) call.wanted = false;
    const { session } = this.#connection;
    if (session === null) throw new Error("no connection to Asterisk");
    if (call !== undefined) call.hangupsUnderWay += 1;
    try {
      await hangUp(session, channelId);
    } finally {
      if (call !== undefined) call.hangupsUnderWay -= 1;
    }
  }

  #remember(request: CallRequest, channelId: string): OwnCall {
    const goneByMs = this.#parts.clock.nowMs() + request.failSafeSeconds * 1000 + goneMarginMs;
    const { callId } = request;
    const told = new Set<CallEvent["type"]>();
    const call: OwnCall = { callId, channelId, goneByMs, placing: true, wanted: true, hangupsUnderWay: 0, told };
    this.#calls.set(channelId, call);
    return call;
  }

  /** Resolves when the call's channel is there; before, Asterisk could not be told to hang it up. */
  async #channelOf(session: AmiSession, channelId: string): Promise<void> {
    const what = "a call's channel (may the AMI user read class call, and does its eventfilter let ours through?)";
    try {
      await session.within(what, (done, fail) => this.#placing.set(channelId, { done, fail }));
    } finally {
      this.#placing.delete(channelId);
    }
  }

  #event(event: ManagerMessage): void {
    const news = readEvent(event);
    if (news === null) return;
    if (news.type === "inbound") {
      const { endpoint, caller, called } = news;
      const call = { endpoint, caller, called, atMs: this.#parts.clock.nowMs() };
      this.#guarded(() => this.#receiveInbound(call));
    } else if (news.type === "not_placed") {
      if (this.#placing.has(news.channelId))
        this.#parts.clock.after(overtakenMs, () => void this.#notPlaced(news.channelId));
    } else this.#channelNews(news);
  }

  #channelNews(news: ChannelNews): void {
    this.#placing.get(news.channelId)?.done();
    const call = this.#calls.get(news.channelId);
    if (call !== undefined) this.#tell(call, news);
    if (news.type !== "ended" && this.#isUnowned(news.channelId)) void this.#hangUpStray(news.channelId);
  }

  /** An originate failed, and no channel of it was seen: nothing was sent, or another channel has its id. */
  async #notPlaced(channelId: string): Promise<void> {
    const placing = this.#placing.get(channelId);
    const { session } = this.#connection;
    if (placing === undefined || session === null) return;
    try {
      const exists = await channelExists(session, channelId);
      placing.fail(new OriginateError(exists ? "duplicate" : "trunk_down", "Asterisk could not make a channel"));
    } catch (error) {
      placing.fail(error as Error);
    }
  }

  #tell(call: OwnCall, news: ChannelNews): void {
    const base = { callId: call.callId, atMs: this.#parts.clock.nowMs() };
    if (news.type === "ended") {
      this.#calls.delete(call.channelId);
      const { q850Cause, sipStatus } = news;
      this.#guarded(() => this.#receive({ ...base, type: "ended", q850Cause, sipStatus, sipCallId: null }));
    } else if (news.type !== "dialing" && isNew(call, news.type)) {
      const { type } = news;
      this.#guarded(() => this.#receive({ ...base, type }));
    }
  }

  #lose(call: OwnCall): void {
    if (!this.#calls.delete(call.channelId)) return;
    this.#guarded(() => this.#receive({ type: "lost", callId: call.callId, atMs: this.#parts.clock.nowMs() }));
  }

  /** After a break: our channels that nobody wants are hung up, wanted ones are caught up with, missing ones are lost. */
  async #reconcile(session: AmiSession): Promise<void> {
    const before = [...this.#calls.values()];
    const channels = await listChannels(session);
    const unowned: string[] = [];
    for (const { id, state } of channels) {
      if (callIdOf(this.#app, id) === null) continue;
      const call = this.#calls.get(id);
      const type = channelStates.get(state);
      if (call !== undefined && type !== undefined) this.#tell(call, { type, channelId: id });
      if (call?.wanted !== true) unowned.push(id);
    }
    const up = new Set(channels.map((channel) => channel.id));
    for (const call of before) if (!up.has(call.channelId)) this.#lose(call);
    if (unowned.length > 0) {
      this.#parts.logger.warn({ channels: unowned.length }, "hanging up channels of ours that nobody owns");
    }
    await Promise.all(unowned.map((channelId) => hangUp(session, channelId)));
  }

  /** Whether a channel that lives is ours, and yet nobody wants it nor is ending it. */
  #isUnowned(channelId: string): boolean {
    const call = this.#calls.get(channelId);
    if (call === undefined) return callIdOf(this.#app, channelId) !== null;
    return !call.wanted && call.hangupsUnderWay === 0;
  }

  async #hangUpStray(channelId: string): Promise<void> {
    const { session } = this.#connection;
    if (session === null || this.#strays.has(channelId) || this.#strays.size >= maxStrayHangups) return;
    this.#strays.add(channelId);
    // Of a call that we know it is mostly an event that crossed our hang-up.
    if (!this.#calls.has(channelId)) this.#parts.logger.warn("hanging up a channel of ours that nobody owns");
    await hangUp(session, channelId).catch(() => this.#parts.logger.warn("hang-up of a stray channel failed"));
    this.#strays.delete(channelId);
  }

  #forgetTheGone(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const call of this.#calls.values()) if (call.goneByMs <= nowMs) this.#lose(call);
  }

  /** A receiver's mistake must not disturb the driver. */
  #guarded(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#parts.logger.error({ err: error }, "a receiver of call events threw");
    }
  }
}
