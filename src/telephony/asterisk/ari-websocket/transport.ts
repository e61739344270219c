/** Opens the WebSockets for requests and events. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Clock } from "../../../shared/clock.ts";
import { deferred } from "../../../shared/deferred.ts";
import type { AriConfig } from "../access.ts";
import { PreflightError } from "../ari/preflight.ts";
import type { AriSession, AriTransport, SessionListener } from "../ari/transport.ts";
import type { AsteriskInfo } from "../asterisk-info.ts";
import { appsOf, type Sockets, WebSocketSession } from "./session.ts";
import { answersOverWebSocket, remedy } from "./version.ts";

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
      throw new PreflightError(
        "too_old",
        `Asterisk ${version} does not support ARI requests over WebSocket. ${remedy}`,
      );
    }
    const { ari_app, request_timeout_ms: deadlineMs } = this.#asterisk;
    const [app, second] = appsOf(ari_app);
    const sockets: Sockets = [this.#connect(app), this.#connect(second)];
    const { promise: lostFirst, reject } = deferred<never>();
    const lost = (reason: string) => {
      reject(new Error(reason));
      listener.lost(reason);
    };
    const session = new WebSocketSession(sockets, { ...listener, lost }, deadlineMs, this.#clock);
    const opened = Promise.all(sockets.map((socket) => once(socket, "open")));
    const stopDeadline = this.#clock.after(deadlineMs, () => {
      session.terminate();
      reject(new Error(`the WebSocket took longer than ${deadlineMs} ms`));
    });
    await Promise.race([opened, lostFirst]).finally(stopDeadline);
    return session;
  }

  #connect(app: string): WebSocket {
    const { ari_url, ari_user, ari_password } = this.#asterisk;
    const basic = Buffer.from(`${ari_user}:${ari_password}`).toString("base64");
    const { origin } = new URL(ari_url);
    return new WebSocket(`${origin.replace(/^http/, "ws")}/ari/events?app=${app}`, {
      // In a header, because addresses end up in logs.
      headers: { authorization: `Basic ${basic}` },
      // Loopback or a local network: compression would cost more than it saves.
      perMessageDeflate: false,
      // JSON.parse handles invalid UTF-8; a caller's name in another encoding must not end the connection.
      skipUTF8Validation: true,
      maxPayload: maxPayloadBytes,
    });
  }
}
