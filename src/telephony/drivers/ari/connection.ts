/**
 * The connection to one Asterisk, kept for ever: pre-flight, session, event filter, the owner's own reconciliation, and
 * only then `up`. Whatever breaks is thrown away whole and built anew after a pause.
 */
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { AriConfig } from "../../../config/asterisk-access.ts";
import type { Random } from "../../../random.ts";
import { backoffMs } from "../../backoff.ts";
import { eventTypes } from "./events.ts";
import { PreflightError, preflight } from "./preflight.ts";
import type { AriSession, AriTransport, SessionListener } from "./transport.ts";

/** A half-open connection is noticed after two unanswered pings. */
const longestPingMs = 3000;
const missedPingsAllowed = 2;
/** So many that the back-off has reached its longest pause. */
const failuresOfLongestPause = 10;

export interface ConnectionOwner {
  /** Events flow from here on; what happened before must be found out now. Throws: the connection is given up. */
  reconcile(session: AriSession): Promise<void>;
  /** One event, as parsed. Must not throw. */
  event(event: unknown): void;
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
  readonly transport: AriTransport;
  readonly owner: ConnectionOwner;
}

export class AriConnection {
  readonly #parts: ConnectionParts;
  /** The newest session; over HTTP it stays usable for hang-ups while the WebSocket is down. */
  session: AriSession | null = null;
  #up = false;
  /** Changes with every try and every loss: what an older try still finds out is nobody's business. */
  #attempt = 0;
  #failures = 0;
  #unansweredPings = 0;
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
    const { asterisk, logger, owner, transport } = this.#parts;
    this.#attempt += 1;
    const attempt = this.#attempt;
    try {
      const info = await preflight(asterisk);
      if (attempt !== this.#attempt) return;
      const session = await transport.open(info, this.#listener(attempt));
      if (attempt !== this.#attempt) return session.terminate();
      this.session = session;
      // The first request: where requests go over the WebSocket, a filter that somebody else left there would swallow
      // the answers to all others.
      await session.setEventFilter(asterisk.ari_app, eventFilter);
      await owner.reconcile(session);
      if (attempt !== this.#attempt) return;
      const restarted = this.#startupTime !== null && this.#startupTime !== info.startupTime;
      this.#startupTime = info.startupTime;
      this.#failures = 0;
      logger.info({ version: info.version, app: asterisk.ari_app, restarted }, "connected to Asterisk");
      this.#setUp(true);
      this.#startPings(session);
    } catch (error) {
      if (attempt === this.#attempt) this.#fail(describe(error));
    }
  }

  #listener(attempt: number): SessionListener {
    return {
      event: (event) => {
        if (attempt === this.#attempt) this.#parts.owner.event(event);
      },
      pong: () => {
        if (attempt === this.#attempt) this.#unansweredPings = 0;
      },
      lost: (reason) => {
        if (attempt === this.#attempt) this.#fail(reason);
      },
    };
  }

  #startPings(session: AriSession): void {
    const pingMs = Math.min(longestPingMs, this.#parts.asterisk.request_timeout_ms);
    this.#unansweredPings = 0;
    const beat = () => {
      if (this.#unansweredPings >= missedPingsAllowed) return this.#fail("Asterisk does not answer pings");
      this.#unansweredPings += 1;
      session.ping();
      this.#parts.owner.heartbeat();
      this.#stopPings = this.#parts.clock.after(pingMs, beat);
    };
    beat();
  }

  #drop(): void {
    this.#attempt += 1;
    this.#stopPings?.();
    this.session?.terminate();
    this.#setUp(false);
  }

  #setUp(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#parts.owner.changed(up);
  }
}

const eventFilter = { allowed: eventTypes.map((type) => ({ type })) };

function describe(error: unknown): string {
  if (error instanceof PreflightError) return `${error.problem}: ${error.message}`;
  return error instanceof Error ? error.message : "unknown error";
}
