/**
 * The connection to one Asterisk, kept for ever: pre-flight, API, WebSocket, event filter, the owner's own
 * reconciliation, and only then `up`. Whatever breaks is thrown away whole and built anew after a pause.
 */
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { AriConfig } from "../../../config/asterisk-access.ts";
import type { Random } from "../../../random.ts";
import { backoffMs } from "../../backoff.ts";
import { eventTypes } from "./events.ts";
import { HeldClient as Held, type HeldClient, type HeldSocket } from "./package.ts";
import { PreflightError, preflight } from "./preflight.ts";

/** A half-open connection is noticed after two unanswered pings. */
const longestPingMs = 3000;
const missedPingsAllowed = 2;
/** So many that the back-off has reached its longest pause. */
const failuresOfLongestPause = 10;

export interface ConnectionOwner {
  /** Events flow from here on; what happened before must be found out now. Throws: the connection is given up. */
  reconcile(client: HeldClient): Promise<void>;
  /** One WebSocket message. Must not throw. */
  message(text: string): void;
  /** `up` changed. */
  changed(up: boolean): void;
  /** Called about every 3 s while up. */
  heartbeat(): void;
}

export interface ConnectionParts {
  readonly asterisk: AriConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly owner: ConnectionOwner;
}

export class AriConnection {
  readonly #parts: ConnectionParts;
  /** The newest client whose API works; stays usable for hang-ups while the WebSocket is down. */
  client: HeldClient | null = null;
  #up = false;
  #socket: HeldSocket | null = null;
  /** Changes with every try and every loss: what an older try still finds out is nobody's business. */
  #attempt = 0;
  #failures = 0;
  #startupTime: string | null = null;
  #stopPause: (() => void) | null = null;
  #stopPings: (() => void) | null = null;
  #stopped = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Resolves after the first try, whether it worked or not. */
  start(): Promise<void> {
    return this.#try();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopPause?.();
    this.#drop();
  }

  /** Another process has our place: taking it back at once would only go to and fro, and end calls each time. */
  yieldTo(reason: string): void {
    this.#failures = Math.max(this.#failures, failuresOfLongestPause);
    this.#fail(reason);
  }

  #fail(reason: string): void {
    if (this.#stopped || this.#stopPause !== null) return;
    this.#drop();
    this.#failures += 1;
    const pauseMs = backoffMs(this.#failures, this.#parts.random);
    this.#parts.logger.warn({ reason, pauseMs, failures: this.#failures }, "no connection to Asterisk");
    this.#stopPause = this.#parts.clock.after(pauseMs, () => {
      this.#stopPause = null;
      void this.#try();
    });
  }

  async #try(): Promise<void> {
    const { asterisk, logger, owner } = this.#parts;
    this.#attempt += 1;
    const attempt = this.#attempt;
    try {
      const info = await preflight(asterisk);
      const { ari_url, ari_user, ari_password, ari_app } = asterisk;
      const client = await this.#within("the API description", Held.connect(originOf(ari_url), ari_user, ari_password));
      if (attempt !== this.#attempt) return;
      this.client = client;
      const socket = this.#open(client);
      await this.#within("the WebSocket", socket.opened);
      await client.run("applications", "filter", { applicationName: ari_app, body: eventFilter });
      await owner.reconcile(client);
      if (attempt !== this.#attempt) return;
      const restarted = this.#startupTime !== null && this.#startupTime !== info.startupTime;
      this.#startupTime = info.startupTime;
      this.#failures = 0;
      logger.info({ version: info.version, app: ari_app, restarted }, "connected to Asterisk");
      this.#setUp(true);
      this.#startPings(socket.socket);
    } catch (error) {
      if (attempt === this.#attempt) this.#fail(describe(error));
    }
  }

  #open(client: HeldClient): { readonly socket: HeldSocket; readonly opened: Promise<void> } {
    const socket = client.openSocket(this.#parts.asterisk.ari_app);
    this.#socket = socket;
    const opened = new Promise<void>((resolve, reject) => {
      const lost = (reason: string) => {
        reject(new Error(reason));
        if (this.#socket === socket) this.#fail(reason);
      };
      socket.on("open", () => resolve());
      // Never the error's own text: it may hold the URL, and that holds the password.
      socket.on("error", (error: NodeJS.ErrnoException) => lost(`WebSocket error (${error.code ?? error.name})`));
      socket.on("close", (code: number) => lost(`WebSocket closed (${code})`));
      socket.on("message", (data: Buffer) => {
        if (this.#socket === socket) this.#parts.owner.message(data.toString("utf8"));
      });
    });
    return { socket, opened };
  }

  #startPings(socket: HeldSocket): void {
    const pingMs = Math.min(longestPingMs, this.#parts.asterisk.request_timeout_ms);
    let unanswered = 0;
    socket.on("pong", () => {
      unanswered = 0;
    });
    const beat = () => {
      if (this.#socket !== socket) return;
      if (unanswered >= missedPingsAllowed) return this.#fail("Asterisk does not answer pings");
      unanswered += 1;
      socket.ping();
      this.#parts.owner.heartbeat();
      this.#stopPings = this.#parts.clock.after(pingMs, beat);
    };
    beat();
  }

  #drop(): void {
    this.#attempt += 1;
    this.#stopPings?.();
    const socket = this.#socket;
    this.#socket = null;
    // The close that this causes finds another socket in place, or none, and is ignored.
    socket?.terminate();
    this.#setUp(false);
  }

  #setUp(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#parts.owner.changed(up);
  }

  #within<T>(what: string, promise: Promise<T>): Promise<T> {
    const deadlineMs = this.#parts.asterisk.request_timeout_ms;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${what} took longer than ${deadlineMs} ms`));
      const stopDeadline = this.#parts.clock.after(deadlineMs, late);
      promise.then(resolve, reject).finally(stopDeadline);
    });
  }
}

const eventFilter = JSON.stringify({ allowed: eventTypes.map((type) => ({ type })) });

/** The package asks below /ari of the server by itself. */
function originOf(ariUrl: string): string {
  return new URL(ariUrl).origin;
}

function describe(error: unknown): string {
  if (error instanceof PreflightError) return `${error.problem}: ${error.message}`;
  return error instanceof Error ? error.message : "unknown error";
}
