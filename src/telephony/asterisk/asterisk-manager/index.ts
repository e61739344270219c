/** Call control over the asterisk-manager package: AMI, for a PBX that offers no other interface. */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../../shared/clock.ts";
import type { Random } from "../../../shared/random.ts";
import {
  type CallControl,
  type CallEvent,
  type CallRequest,
  type InboundCall,
  OriginateError,
} from "../../call-control/port.ts";
import { assertCallRequest } from "../../call-control/request.ts";
import type { AmiCallsConfig } from "../access.ts";
import type { AmiSession, ManagerMessage } from "../ami/session.ts";
import { CallBook } from "../call-book.ts";
import { Orphans } from "../orphans.ts";
import type { ChannelUpdate } from "../own-calls.ts";
import { AmiConnection } from "./connection.ts";
import { carriesSecret, readEventSecret } from "./event-secret.ts";
import { type AmiNews, readEvent } from "./events.ts";
import { channelExists, hangUp, listChannels, originate, originateError } from "./requests.ts";

export interface AsteriskManagerDriverParts {
  readonly asterisk: AmiCallsConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** OriginateResponse may overtake the events of its channel, which Asterisk sends on another connection: wait this long for them. */
const overtakenMs = 200;

/** After `dialplan reload` the secret may have changed; forged events trigger a new read at most this often. */
const secretRereadMs = 5000;

/** An originate that waits for its channel. */
interface Placing {
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

export function createAsteriskManagerDriver(parts: AsteriskManagerDriverParts): CallControl {
  return new AsteriskManagerDriver(parts);
}

class AsteriskManagerDriver implements CallControl {
  /** AMI has no action that plays a sound and says when it ended, so a call cannot be kept and talked on. */
  readonly media = null;
  readonly #parts: AsteriskManagerDriverParts;
  readonly #connection: AmiConnection;
  readonly #calls: CallBook;
  readonly #orphans: Orphans;
  /** By channel id; each is removed at its deadline. */
  readonly #placing = new Map<string, Placing>();
  /** The dialplan's; null: it has none, and no inbound call is trusted. */
  #secret: string | null = null;
  #secretReadAtMs = Number.NEGATIVE_INFINITY;
  #receiveInbound: (call: InboundCall) => void = () => undefined;
  #tellConnection: (connected: boolean) => void = () => undefined;

  constructor(parts: AsteriskManagerDriverParts) {
    this.#parts = parts;
    this.#calls = new CallBook({ ...parts, app: parts.asterisk.ari_app });
    this.#orphans = new Orphans(parts.logger);
    this.#connection = new AmiConnection({
      ...parts,
      owner: {
        reconcile: (session) => this.#reconcile(session),
        event: (event) => this.#event(event),
        changed: (up) => this.#guarded(() => this.#tellConnection(up)),
        heartbeat: () => this.#calls.loseTheGone(),
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
    this.#calls.onEvent(receiver);
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
    const call = this.#calls.add(request);
    const { channelId } = call;
    try {
      await Promise.all([this.#channelOf(session, channelId), originate(session, channelId, request)]);
    } catch (error) {
      const known = originateError(error);
      // With no response the call may be up: it stays ours, and its events are reported.
      if (known.refusal !== "no_response") this.#calls.remove(call);
      throw known;
    } finally {
      call.placing = false;
    }
  }

  async hangup(callId: string): Promise<void> {
    await this.#calls.end(callId, async (channelId) => {
      const { session } = this.#connection;
      if (session === null) throw new Error("no connection to Asterisk");
      await hangUp(session, channelId);
    });
  }

  /** Resolves when the call's channel exists; before, Asterisk could not hang it up. */
  async #channelOf(session: AmiSession, channelId: string): Promise<void> {
    const what = "a call's channel (may the AMI user read class call, and does its eventfilter let ours through?)";
    try {
      await session.within(what, (done, fail) => this.#placing.set(channelId, { done, fail }));
    } finally {
      this.#placing.delete(channelId);
    }
  }

  #event(event: ManagerMessage): void {
    const meaning = readEvent(event);
    if (meaning === null) return;
    if (meaning.type === "inbound") void this.#inbound(meaning);
    else if (meaning.type === "not_placed") {
      if (this.#placing.has(meaning.channelId))
        this.#parts.clock.after(overtakenMs, () => void this.#notPlaced(meaning.channelId));
    } else this.#channelUpdate(meaning);
  }

  async #inbound({ endpoint, invite, token }: Extract<AmiNews, { type: "inbound" }>): Promise<void> {
    const atMs = this.#parts.clock.nowMs();
    if (!carriesSecret(token, this.#secret)) await this.#readSecret(this.#connection.session);
    const call = { endpoint, invite: carriesSecret(token, this.#secret) ? invite : ("forged" as const), atMs };
    this.#guarded(() => this.#receiveInbound(call));
  }

  /** Never rejects: calls go out without it. */
  async #readSecret(session: AmiSession | null, atOnce = false): Promise<void> {
    const nowMs = steadyClock(this.#parts.clock).nowMs();
    if (session === null || (!atOnce && nowMs - this.#secretReadAtMs < secretRereadMs)) return;
    // Not limited after a new connection: the secret is read again at once.
    if (!atOnce) this.#secretReadAtMs = nowMs;
    try {
      this.#secret = await readEventSecret(session);
    } catch (error) {
      this.#parts.logger.warn(
        { err: error },
        "the token of OneRingInbound cannot be read: inbound calls prove nothing",
      );
    }
  }

  #channelUpdate(meaning: ChannelUpdate): void {
    const { channelId } = meaning;
    this.#placing.get(channelId)?.done();
    const call = this.#calls.get(channelId);
    if (call !== undefined) this.#calls.report(call, meaning);
    const { session } = this.#connection;
    if (session === null || meaning.type === "ended" || !this.#calls.isUnowned(channelId)) return;
    void this.#orphans.hangUp(channelId, call !== undefined, () => hangUp(session, channelId));
  }

  /** An originate failed, and no channel of it was seen: nothing was sent, or another channel has its id. */
  async #notPlaced(channelId: string): Promise<void> {
    const placing = this.#placing.get(channelId);
    const { session } = this.#connection;
    if (placing === undefined || session === null) return;
    try {
      const exists = await channelExists(session, channelId);
      placing.fail(new OriginateError(exists ? "duplicate" : "trunk_down", "Asterisk could not create a channel"));
    } catch (error) {
      placing.fail(error as Error);
    }
  }

  /** After a disconnect: reports the state of live calls, marks missing ones as lost, hangs up orphan channels. */
  async #reconcile(session: AmiSession): Promise<void> {
    const placed = this.#calls.placed();
    await this.#readSecret(session, true);
    const unowned = this.#calls.reconcile(placed, await listChannels(session));
    await this.#orphans.hangUpAll(unowned, (channelId) => hangUp(session, channelId));
  }

  /** An exception in a listener must not disturb the driver. */
  #guarded(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#parts.logger.error({ err: error }, "connection or inbound-call listener threw");
    }
  }
}
