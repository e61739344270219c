/** Opens the WebSocket that requests and events share. */
import { WebSocket } from "ws";
import type { Clock } from "../../../clock.ts";
import type { AriConfig } from "../../../config/asterisk-access.ts";
import { PreflightError } from "../ari/preflight.ts";
import type { AriSession, AriTransport, SessionListener } from "../ari/transport.ts";
import type { AsteriskInfo } from "../asterisk-info.ts";
import { WebSocketSession } from "./session.ts";
import { answersOverWebSocket, wayOut } from "./version.ts";

/** A list of all channels of a large PBX takes about 1 KiB each. */
const maxPayloadBytes = 16 * 1024 * 1024;

export class WebSocketTransport implements AriTransport {
  readonly #asterisk: AriConfig;
  readonly #clock: Clock;

  constructor(asterisk: AriConfig, clock: Clock) {
    this.#asterisk = asterisk;
    this.#clock = clock;
  }

  /** Any number of them may be in one process. */
  start(): void {}
  /** Nothing outlives its session. */
  stop(): void {}

  async open({ version }: AsteriskInfo, listener: SessionListener): Promise<AriSession> {
    if (answersOverWebSocket(version) === false) {
      throw new PreflightError("too_old", `Asterisk ${version} takes no requests over the WebSocket. ${wayOut}`);
    }
    const { ari_url, ari_user, ari_password, ari_app, request_timeout_ms: deadlineMs } = this.#asterisk;
    const basic = Buffer.from(`${ari_user}:${ari_password}`).toString("base64");
    const { origin } = new URL(ari_url);
    const socket = new WebSocket(`${origin.replace(/^http/, "ws")}/ari/events?app=${ari_app}`, {
      // In a header, because addresses end up in logs.
      headers: { authorization: `Basic ${basic}` },
      // Loopback or a local network: packing would cost more than it saves.
      perMessageDeflate: false,
      // JSON.parse copes with anything; a caller's name in another encoding must not end the connection.
      skipUTF8Validation: true,
      maxPayload: maxPayloadBytes,
    });
    const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
    const lost = (reason: string) => {
      reject(new Error(reason));
      listener.lost(reason);
    };
    const session = new WebSocketSession(socket, { ...listener, lost }, deadlineMs, this.#clock);
    socket.once("open", resolve);
    const stopDeadline = this.#clock.after(deadlineMs, () => {
      session.terminate();
      reject(new Error(`the WebSocket took longer than ${deadlineMs} ms`));
    });
    await opened.finally(stopDeadline);
    return session;
  }
}
