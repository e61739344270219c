/**
 * WebSockets to Asterisk that carry events and, as `RESTRequest` and `RESTResponse`, requests and their answers
 * (https://docs.asterisk.org/Configuration/Interfaces/Asterisk-REST-Interface-ARI/ARI-REST-over-WebSocket).
 *
 * Asterisk processes the requests of one WebSocket one after the other, about 1,000 calls a second at most. So there
 * are two; all requests of one call use the same one, in order.
 */
import { WebSocket } from "ws";
import type { Clock } from "../../../shared/clock.ts";
import { PreflightError } from "../ari/preflight.ts";
import {
  AriError,
  type AriSession,
  type HangupReason,
  type OriginateParameters,
  type PlayParameters,
  type SessionListener,
} from "../ari/transport.ts";
import { type Answer, PendingRequests } from "./pending.ts";
import { remedy } from "./version.ts";

/** With more bytes than this unsent Asterisk is not reading. About 3,000 requests. */
const maxUnsentBytes = 1024 * 1024;

/** Events arrive on the first; requests use both. */
export type Sockets = readonly [WebSocket, WebSocket];

/** Each WebSocket has its own application, or one would replace the other. No configured name contains a dot. */
export function appsOf(app: string): readonly [string, string] {
  return [app, `${app}.2`];
}

export class WebSocketSession implements AriSession {
  readonly #sockets: Sockets;
  /** Sockets with an unanswered ping. */
  #unponged = new Set<WebSocket>();
  readonly #listener: SessionListener;
  readonly #pending: PendingRequests;
  #ended = false;

  /** @param sockets open or not, before their `close` event */
  constructor(sockets: Sockets, listener: SessionListener, deadlineMs: number, clock: Clock) {
    this.#sockets = sockets;
    this.#listener = listener;
    this.#pending = new PendingRequests(deadlineMs, clock);
    for (const socket of this.#sockets) {
      socket.on("pong", () => this.#ponged(socket));
      socket.on("message", (data: Buffer) => this.#message(data));
      socket.on("error", (error: NodeJS.ErrnoException) => this.#lost(`WebSocket error (${error.code ?? error.name})`));
      socket.on("close", (code: number) => this.#lost(`WebSocket closed (${code})`));
    }
  }

  async originate(parameters: OriginateParameters): Promise<void> {
    const { endpoint, app, callerId, timeout, channelId, formats, variables } = parameters;
    const query = `endpoint=${encodeURIComponent(endpoint)}&callerId=${encodeURIComponent(callerId)}`;
    const uri = `channels?app=${app}&channelId=${channelId}&timeout=${timeout}&formats=${formats}&${query}`;
    await this.#request(this.#socketOf(channelId), "POST", uri, variables && { variables });
  }

  async play({ channelId, playbackId, media, lang }: PlayParameters): Promise<void> {
    const [channel, playback] = [encodeURIComponent(channelId), encodeURIComponent(playbackId)];
    const uri = `channels/${channel}/play/${playback}?media=${encodeURIComponent(media)}&lang=${lang}`;
    await this.#request(this.#socketOf(channelId), "POST", uri);
  }

  async stopPlayback(channelId: string, playbackId: string): Promise<void> {
    await this.#request(this.#socketOf(channelId), "DELETE", `playbacks/${encodeURIComponent(playbackId)}`);
  }

  async getPlayback(channelId: string, playbackId: string): Promise<void> {
    await this.#request(this.#socketOf(channelId), "GET", `playbacks/${encodeURIComponent(playbackId)}`);
  }

  async hangUp(channelId: string, reason?: HangupReason): Promise<void> {
    const query = reason === undefined ? "" : `?reason=${reason}`;
    await this.#request(this.#socketOf(channelId), "DELETE", `channels/${encodeURIComponent(channelId)}${query}`);
  }

  async getChannel(channelId: string): Promise<void> {
    await this.#request(this.#socketOf(channelId), "GET", `channels/${encodeURIComponent(channelId)}`);
  }

  async setEventFilter(app: string, filter: object): Promise<void> {
    try {
      const set = appsOf(app).map((one, i) =>
        this.#request(this.#sockets[i === 0 ? 0 : 1], "PUT", `applications/${one}/eventFilter`, filter),
      );
      await Promise.all(set);
    } catch (error) {
      // The first request of a session. An Asterisk that is too old, without saying so in its version, ignores it.
      if (!(error instanceof AriError) || error.message !== "ETIMEDOUT") throw error;
      throw new PreflightError(
        "no_answer",
        `Asterisk does not answer requests over the WebSocket. Is it old? ${remedy}`,
      );
    }
  }

  ping(): void {
    this.#unponged = new Set(this.#sockets);
    for (const socket of this.#sockets) if (socket.readyState === WebSocket.OPEN) socket.ping();
  }

  terminate(): void {
    this.#ended = true;
    for (const socket of this.#sockets) socket.terminate();
    this.#pending.failAll();
  }

  /** Resolves when the answer says success. @throws {AriError} */
  async #request(socket: WebSocket, method: string, uri: string, body?: object): Promise<void> {
    // A request that was passed to the socket may have reached Asterisk; only one that was not is `unsent`.
    if (socket.readyState !== WebSocket.OPEN) throw unsent("ENOTCONN");
    if (this.#pending.isFull || socket.bufferedAmount > maxUnsentBytes) throw unsent("ENOBUFS");
    const content = body === undefined ? {} : { content_type: "application/json", message_body: JSON.stringify(body) };
    const answer = await new Promise<Answer>((resolve, reject) => {
      const request_id = this.#pending.add(resolve, reject);
      socket.send(JSON.stringify({ type: "RESTRequest", request_id, method, uri, ...content }));
    });
    const { status_code: status, message_body: text } = answer;
    if (typeof status !== "number") throw new AriError(0, "EBADMSG");
    if (status < 200 || status > 299) throw new AriError(status, messageOf(parse(text)));
  }

  #message(data: Buffer): void {
    const message = parse(data.toString("utf8"));
    if (isAnswer(message)) this.#pending.settle(message);
    else this.#listener.event(message);
  }

  #socketOf(channelId: string): WebSocket {
    let parity = 0;
    for (let i = 0; i < channelId.length; i++) parity ^= channelId.charCodeAt(i) & 1;
    return this.#sockets[parity === 0 ? 0 : 1];
  }

  /** Both must answer. */
  #ponged(socket: WebSocket): void {
    this.#unponged.delete(socket);
    if (this.#unponged.size === 0) this.#listener.pong();
  }

  #lost(reason: string): void {
    if (this.#ended) return;
    this.terminate();
    this.#listener.lost(reason);
  }
}

function unsent(code: string): AriError {
  return new AriError(0, code, false);
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === "object" && message !== null && (message as { type?: unknown }).type === "RESTResponse";
}

/** Asterisk's error bodies are `{"message": …}`. */
function messageOf(body: unknown): string {
  const message = (body as { message?: unknown } | null)?.message;
  return typeof message === "string" ? message : "no reason given";
}

/** null: no JSON. */
function parse(text: unknown): unknown {
  if (typeof text !== "string") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
