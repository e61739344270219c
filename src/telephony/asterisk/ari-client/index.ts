/** Call control over the ari-client package: ARI by HTTP, events by its WebSocket. */
import type { Clock } from "../../../shared/clock.ts";
import type { CallControl } from "../../call-control/port.ts";
import type { AriConfig } from "../access.ts";
import { AriDriver, type AriDriverParts } from "../ari/driver.ts";
import type { AriSession, AriTransport, SessionListener } from "../ari/transport.ts";
import type { AsteriskInfo } from "../asterisk-info.ts";
import { createHttpTransport, type HttpTransport } from "./http-transport.ts";
import { claimPackage, HeldClient, type HeldSocket, releasePackage } from "./package.ts";
import { AriClientSession } from "./session.ts";

/** @returns a driver; only one may be started in a process (the package shares its password between clients) */
export function createAriClientDriver(parts: AriDriverParts): CallControl {
  return new AriDriver(parts, new AriClientTransport(parts.asterisk, parts.clock));
}

class AriClientTransport implements AriTransport {
  readonly #asterisk: AriConfig;
  readonly #clock: Clock;
  readonly #http: HttpTransport;

  constructor(asterisk: AriConfig, clock: Clock) {
    this.#asterisk = asterisk;
    this.#clock = clock;
    this.#http = createHttpTransport(asterisk.ari_url, asterisk.request_timeout_ms, clock);
  }

  start(): void {
    claimPackage(this.#http);
  }

  async open(_info: AsteriskInfo, listener: SessionListener): Promise<AriSession> {
    const { ari_url, ari_user, ari_password, ari_app } = this.#asterisk;
    // The package appends /ari itself.
    const { origin } = new URL(ari_url);
    const client = await this.#within("the API description", HeldClient.connect(origin, ari_user, ari_password));
    const socket = client.openSocket(ari_app);
    try {
      await this.#within("the WebSocket", opened(socket, listener));
    } catch (error) {
      socket.terminate();
      throw error;
    }
    return new AriClientSession(client, socket);
  }

  stop(): void {
    this.#http.close();
    releasePackage(this.#http);
  }

  #within<T>(what: string, promise: Promise<T>): Promise<T> {
    const deadlineMs = this.#asterisk.request_timeout_ms;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${what} took longer than ${deadlineMs} ms`));
      const stopDeadline = this.#clock.after(deadlineMs, late);
      promise.then(resolve, reject).finally(stopDeadline);
    });
  }
}

/** Joins a socket with its listener; resolves when it is open. */
function opened(socket: HeldSocket, listener: SessionListener): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const lost = (reason: string) => {
      reject(new Error(reason));
      listener.lost(reason);
    };
    socket.on("open", () => resolve());
    // Never the error's own text: it may hold the URL, and that holds the password.
    socket.on("error", (error: NodeJS.ErrnoException) => lost(`WebSocket error (${error.code ?? error.name})`));
    socket.on("close", (code: number) => lost(`WebSocket closed (${code})`));
    socket.on("pong", () => listener.pong());
    socket.on("message", (data: Buffer) => listener.event(parse(data)));
  });
}

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString("utf8"));
  } catch {
    return null;
  }
}
