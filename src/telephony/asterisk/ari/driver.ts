/** Call control over ARI, for every transport of requests and events. */
import type { Logger } from "pino";
import type { Clock } from "../../../shared/clock.ts";
import type { Random } from "../../../shared/random.ts";
import {
  type CallControl,
  type CallEvent,
  type CallRequest,
  type InboundCall,
  type MediaControl,
  OriginateError,
} from "../../call-control/port.ts";
import { assertCallRequest, assertPlayback } from "../../call-control/request.ts";
import type { AriConfig } from "../access.ts";
import { CallBook } from "../call-book.ts";
import { Orphans } from "../orphans.ts";
import { callIdOf, type LiveChannel } from "../own-calls.ts";
import { AriConnection } from "./connection.ts";
import { channelStates, eventFilter, readEvent, waitingIn } from "./events.ts";
import { IncomingCalls } from "./incoming.ts";
import {
  hangUp,
  isMissing,
  isPlaybackOver,
  type ListedChannel,
  listChannels,
  originate,
  play,
  stopPlayback,
} from "./requests.ts";
import { SoundList } from "./sounds.ts";
import type { AriSession, AriTransport } from "./transport.ts";

export interface AriDriverParts {
  readonly asterisk: AriConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Whether `progress` is reported; default true. Only a trunk on which a 183 means ringing needs it. */
  readonly withProgress?: boolean;
  /** Sounds of which `MediaControl.languagesOf` is to know the languages. */
  readonly watchedSounds?: readonly string[];
}

export class AriDriver implements CallControl {
  readonly #logger: Logger;
  readonly #asterisk: AriConfig;
  readonly #app: string;
  readonly #transport: AriTransport;
  readonly #connection: AriConnection;
  readonly #calls: CallBook;
  readonly #orphans: Orphans;
  readonly #incoming: IncomingCalls;
  readonly #sounds: SoundList;
  readonly media: MediaControl;
  /** By channel: the playback whose end was not seen yet, one at a time. Bounded by the calls of the book. */
  readonly #playing = new Map<string, string>();
  /** Counts connections: an answer from before a break may be about a call whose end was missed. */
  #connectionCount = 0;
  #tellConnection: (connected: boolean) => void = () => undefined;

  constructor(parts: AriDriverParts, transport: AriTransport) {
    this.#logger = parts.logger;
    this.#asterisk = parts.asterisk;
    this.#app = parts.asterisk.ari_app;
    this.#transport = transport;
    this.#calls = new CallBook({ ...parts, app: this.#app });
    this.#orphans = new Orphans(parts.logger);
    this.#incoming = new IncomingCalls(parts);
    this.#sounds = new SoundList({ ...parts, watched: parts.watchedSounds ?? [] });
    this.media = {
      play: async (callId, playback) => {
        assertPlayback(playback);
        const channelId = this.#calls.channelOf(callId);
        this.#playing.set(channelId, playback.id);
        await play(this.#openSession(), channelId, playback);
      },
      stopPlayback: async (callId, id) => stopPlayback(this.#openSession(), this.#calls.channelOf(callId), id),
      languagesOf: (sound) => this.#sounds.languagesOf(sound),
    };
    this.#connection = new AriConnection({
      ...parts,
      transport,
      eventFilter: eventFilter(parts.withProgress ?? true),
      owner: {
        reconcile: (session) => this.#reconcile(session),
        event: (event) => this.#event(event),
        changed: (up) => this.#changed(up),
        heartbeat: () => {
          this.#calls.loseTheGone();
          for (const channelId of this.#playing.keys()) {
            if (this.#calls.get(channelId) === undefined) this.#playing.delete(channelId);
          }
          void this.#sounds.refresh();
        },
      },
    });
  }

  get connected(): boolean {
    return this.#connection.up;
  }

  async start(): Promise<void> {
    this.#transport.start();
    await this.#connection.start();
  }

  async stop(): Promise<void> {
    this.#connection.stop();
    this.#transport.stop();
  }

  onEvent(receiver: (event: CallEvent) => void): void {
    this.#calls.onEvent(receiver);
  }

  onInbound(receiver: (call: InboundCall) => void): void {
    this.#incoming.onInbound(receiver);
  }

  onConnection(receiver: (connected: boolean) => void): void {
    this.#tellConnection = receiver;
  }

  async originate(request: CallRequest): Promise<void> {
    assertCallRequest(request);
    const session = this.#connection.session;
    if (session === null || !this.connected) throw new OriginateError("not_connected", "no connection to Asterisk");
    const call = this.#calls.add(request);
    const connectionCount = this.#connectionCount;
    try {
      await originate(session, this.#app, call.channelId, request);
    } catch (error) {
      // With no response the call may be up: it stays ours, and its events are reported.
      if ((error as OriginateError).refusal !== "no_response") this.#calls.remove(call);
      throw error;
    } finally {
      call.placing = false;
    }
    const mayHaveMissedItsEnd = connectionCount !== this.#connectionCount;
    if (mayHaveMissedItsEnd && (await isMissing(session, call.channelId))) this.#calls.lose(call);
  }

  async hangup(callId: string): Promise<void> {
    await this.#calls.end(callId, (channelId) => hangUp(this.#openSession(), channelId));
  }

  #openSession(): AriSession {
    const { session } = this.#connection;
    if (session === null) throw new Error("no connection to Asterisk");
    return session;
  }

  #event(event: unknown): void {
    const meaning = readEvent(event);
    if (meaning === null) return;
    if (meaning.type === "replaced") {
      const why = "another process took our ARI application: give each gateway its own ari_app";
      this.#logger.error({ app: this.#app }, why);
      this.#connection.yieldTo(why);
      return;
    }
    const { channelId } = meaning;
    const isOver = meaning.type === "played" && this.#playing.get(channelId) === meaning.playbackId;
    if (isOver || meaning.type === "ended") this.#playing.delete(channelId);
    const call = this.#calls.get(channelId);
    if (call !== undefined && meaning.type === "entered") {
      // A channel of ours comes into the application only when it is answered.
      this.#calls.report(call, { type: "answered", channelId });
      this.#calls.report(call, { type: "ready", channelId });
    } else if (call !== undefined && meaning.type !== "entered") this.#calls.report(call, meaning);
    const session = this.#connection.session;
    // A playback ends with its channel.
    if (session === null || meaning.type === "ended" || meaning.type === "played") return;
    if (this.#calls.isUnowned(channelId)) {
      void this.#orphans.hangUp(channelId, call !== undefined, () => hangUp(session, channelId));
    } else if (meaning.type === "entered" && call === undefined) {
      void this.#incoming.refuse(session, channelId, meaning.incoming);
    }
  }

  /** After a disconnect: reports the state of live calls, marks missing ones as lost, hangs up orphan channels. */
  async #reconcile(session: AriSession): Promise<void> {
    this.#connectionCount += 1;
    const placed = this.#calls.placed();
    const channels = await listChannels(this.#asterisk);
    const states = channels.map((channel) => ({ id: channel.id, state: this.#stateOf(channel) }));
    const unowned = this.#calls.reconcile(placed, states);
    for (const channel of channels) this.#refuseWaiting(session, channel);
    const hangups = this.#orphans.hangUpAll(unowned, (channelId) => hangUp(session, channelId));
    await Promise.all([hangups, this.#sounds.refresh(true), this.#endPlaybacks(session)]);
  }

  /** One that is up and in our application can play sounds; that it entered may have been missed. */
  #stateOf(channel: ListedChannel): LiveChannel["state"] {
    const state = channelStates.get(channel.state);
    return state === "answered" && waitingIn(this.#app, channel) !== undefined ? "ready" : state;
  }

  /** Reports playbacks that ended meanwhile: their calls wait for that. */
  async #endPlaybacks(session: AriSession): Promise<void> {
    const ask = async ([channelId, playbackId]: readonly [string, string]) => {
      const call = this.#calls.get(channelId);
      const isOver = call === undefined || (await isPlaybackOver(session, channelId, playbackId));
      if (!isOver || this.#playing.get(channelId) !== playbackId) return;
      this.#playing.delete(channelId);
      if (call !== undefined) this.#calls.report(call, { type: "played", channelId, playbackId, complete: true });
    };
    await Promise.all([...this.#playing].map(ask));
  }

  /** An inbound call from just before the disconnect that still waits. */
  #refuseWaiting(session: AriSession, channel: ListedChannel): void {
    if (callIdOf(this.#app, channel.id) !== null) return;
    const incoming = waitingIn(this.#app, channel);
    if (incoming !== undefined) void this.#incoming.refuse(session, channel.id, incoming);
  }

  #changed(up: boolean): void {
    try {
      this.#tellConnection(up);
    } catch (error) {
      this.#logger.error({ err: error }, "connection listener threw");
    }
  }
}
