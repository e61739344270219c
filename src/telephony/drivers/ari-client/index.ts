/** Call control over the ari-client package: ARI by HTTP, events by its WebSocket. */
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { AriConfig } from "../../../config/asterisk-access.ts";
import type { Random } from "../../../random.ts";
import {
  type CallControl,
  type CallEvent,
  type CallRequest,
  type InboundCall,
  OriginateError,
} from "../../call-control.ts";
import { assertCallRequest, isCallId } from "../../call-request.ts";
import { callIdOf, channelIdOf, isNew, type OwnCall } from "./calls.ts";
import { AriConnection } from "./connection.ts";
import { type AriNews, channelStates, readEvent } from "./events.ts";
import { claimPackage, type HeldClient, releasePackage } from "./package.ts";
import { hangUp, isMissing, listChannels, originate } from "./requests.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface AriClientDriverParts {
  readonly asterisk: AriConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A call that Asterisk should have ended by itself this long ago is gone, whatever we missed. */
const goneMarginMs = 30_000;
/** Channels of ours that nobody owns are hung up, this many at once. */
const maxStrayHangups = 50;

/** @returns a driver; only one may be started in a process (the package shares its password between clients) */
export function createAriClientDriver(parts: AriClientDriverParts): CallControl {
  return new AriClientDriver(parts);
}

class AriClientDriver implements CallControl {
  readonly #parts: AriClientDriverParts;
  readonly #app: string;
  readonly #connection: AriConnection;
  readonly #transport: Transport;
  /** By channel id. Bounded by the dialer's call slots, and by `goneByMs`. */
  readonly #calls = new Map<string, OwnCall>();
  readonly #strays = new Set<string>();
  /** Counts connections: an answer from before a break may be about a call whose end was missed. */
  #connectionCount = 0;
  #receive: (event: CallEvent) => void = () => undefined;
  #tellConnection: (connected: boolean) => void = () => undefined;

  constructor(parts: AriClientDriverParts) {
    this.#parts = parts;
    this.#app = parts.asterisk.ari_app;
    this.#transport = createTransport(parts.asterisk.ari_url, parts.asterisk.request_timeout_ms, parts.clock);
    this.#connection = new AriConnection({
      ...parts,
      owner: {
        reconcile: (client) => this.#reconcile(client),
        message: (text) => this.#message(text),
        changed: (up) => this.#guarded(() => this.#tellConnection(up)),
        heartbeat: () => this.#forgetTheGone(),
      },
    });
  }

  get connected(): boolean {
    return this.#connection.up;
  }

  async start(): Promise<void> {
    claimPackage(this.#transport);
    await this.#connection.start();
  }

  async stop(): Promise<void> {
    this.#connection.stop();
    this.#transport.close();
    releasePackage(this.#transport);
  }

  onEvent(receiver: (event: CallEvent) => void): void {
    this.#receive = receiver;
  }

  onInbound(_receiver: (call: InboundCall) => void): void {}

  onConnection(receiver: (connected: boolean) => void): void {
    this.#tellConnection = receiver;
  }

  async originate(request: CallRequest): Promise<void> {
    assertCallRequest(request);
    const client = this.#connection.client;
    if (client === null || !this.connected) throw new OriginateError("not_connected", "no connection to Asterisk");
    const channelId = channelIdOf(this.#app, request.callId);
    if (this.#calls.has(channelId)) throw new OriginateError("duplicate", "this call is up");

    const call = this.#remember(request, channelId);
    const connectionCount = this.#connectionCount;
    try {
      await originate(client, this.#app, channelId, request);
    } catch (error) {
      // With no response the call may be up: it stays ours, and its events are told.
      if ((error as OriginateError).refusal !== "no_response") this.#calls.delete(channelId);
      throw error;
    } finally {
      call.placing = false;
    }
    if (connectionCount !== this.#connectionCount && (await isMissing(client, channelId))) this.#lose(call);
  }

  async hangup(callId: string): Promise<void> {
    if (!isCallId(callId)) throw new Error("not a call id");
    const channelId = channelIdOf(this.#app, callId);
    const call = this.#calls.get(channelId);
    if (call !== undefined) call.wanted = false;
    const client = this.#connection.client;
    if (client === null) throw new Error("no connection to Asterisk");
    if (call !== undefined) call.hangupsUnderWay += 1;
    try {
      await hangUp(client, channelId);
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

  #message(text: string): void {
    const news = readEvent(text);
    if (news === null) return;
    if (news.type === "replaced") {
      const why = "another process took our ARI application: give each gateway its own ari_app";
      this.#parts.logger.error({ app: this.#app }, why);
      this.#connection.yieldTo(why);
      return;
    }
    const call = this.#calls.get(news.channelId);
    if (call !== undefined) this.#tell(call, news);
    if (news.type !== "ended" && this.#isUnowned(news.channelId)) void this.#hangUpStray(news.channelId);
  }

  #tell(call: OwnCall, news: Exclude<AriNews, { type: "replaced" }>): void {
    const base = { callId: call.callId, atMs: this.#parts.clock.nowMs() };
    if (news.type === "ended") {
      this.#calls.delete(call.channelId);
      const { q850Cause, sipStatus, sipCallId } = news;
      this.#guarded(() => this.#receive({ ...base, type: "ended", q850Cause, sipStatus, sipCallId }));
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
  async #reconcile(client: HeldClient): Promise<void> {
    this.#connectionCount += 1;
    const answered = [...this.#calls.values()].filter((call) => !call.placing);
    const channels = await listChannels(client);
    const unowned: string[] = [];
    for (const { id, state } of channels) {
      if (callIdOf(this.#app, id) === null) continue;
      const call = this.#calls.get(id);
      const type = channelStates.get(state);
      if (call !== undefined && type !== undefined) this.#tell(call, { type, channelId: id });
      if (call?.wanted !== true) unowned.push(id);
    }
    const up = new Set(channels.map((channel) => channel.id));
    for (const call of answered) if (!up.has(call.channelId)) this.#lose(call);
    if (unowned.length > 0) {
      this.#parts.logger.warn({ channels: unowned.length }, "hanging up channels of ours that nobody owns");
    }
    await Promise.all(unowned.map((channelId) => hangUp(client, channelId)));
  }

  /** Whether a channel that lives is ours, and yet nobody wants it nor is ending it. */
  #isUnowned(channelId: string): boolean {
    const call = this.#calls.get(channelId);
    if (call === undefined) return callIdOf(this.#app, channelId) !== null;
    return !call.wanted && call.hangupsUnderWay === 0;
  }

  async #hangUpStray(channelId: string): Promise<void> {
    const client = this.#connection.client;
    if (client === null || this.#strays.has(channelId) || this.#strays.size >= maxStrayHangups) return;
    this.#strays.add(channelId);
    // Of a call that we know it is mostly an event that crossed our hang-up.
    if (!this.#calls.has(channelId)) this.#parts.logger.warn("hanging up a channel of ours that nobody owns");
    await hangUp(client, channelId).catch(() => this.#parts.logger.warn("hang-up of a stray channel failed"));
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
