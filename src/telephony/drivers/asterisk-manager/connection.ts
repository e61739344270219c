/**
 * The AMI connection of one Asterisk for calls, kept for ever: login, a fully booted Asterisk, the user's rights, the
 * owner's own reconciliation, and only then `up`. Whatever breaks is thrown away whole and built anew after a pause.
 */
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { AmiCallsConfig } from "../../../config/asterisk-access.ts";
import type { Random } from "../../../random.ts";
import { AmiRefusal, AmiTimeout } from "../../ami/errors.ts";
import { AmiSession, type ManagerMessage } from "../../ami/session.ts";
import { backoffMs } from "../../backoff.ts";
import { learn } from "./requests.ts";

/** One unanswered Ping ends the session, so a dead link is noticed after this and a request's deadline. */
const longestPingMs = 3000;
/** `system` for FullyBooted, `call` for our calls, `user` for what the dialplan tells. Neither variables nor DTMF. */
const eventMask = "system,call,user";

export interface ConnectionOwner {
  /** Events flow from here on; what happened before must be found out now. Throws: the connection is given up. */
  reconcile(session: AmiSession): Promise<void>;
  /** One event. Must not throw. */
  event(event: ManagerMessage): void;
  /** `up` changed. */
  changed(up: boolean): void;
  /** Called about every 3 s while up. */
  heartbeat(): void;
}

export interface ConnectionParts {
  readonly asterisk: AmiCallsConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly owner: ConnectionOwner;
}

export class AmiConnection {
  readonly #parts: ConnectionParts;
  #session: AmiSession | null = null;
  #up = false;
  /** Changes with every try and every loss: what an older try still finds out is nobody's business. */
  #attempt = 0;
  #failures = 0;
  #startedAt: string | null = null;
  #stopPause: (() => void) | null = null;
  #stopPings: () => void = () => undefined;
  #stopped = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Logged in, though perhaps not reconciled yet: good enough to hang up. */
  get session(): AmiSession | null {
    return this.#session;
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

  async #try(): Promise<void> {
    const { asterisk, logger, owner } = this.#parts;
    this.#attempt += 1;
    const attempt = this.#attempt;
    try {
      const session = await this.#open(attempt);
      if (attempt !== this.#attempt) return session.close();
      this.#session = session;
      const { version, startedAt } = await learn(session);
      await owner.reconcile(session);
      if (attempt !== this.#attempt) return;
      const restarted = this.#startedAt !== null && this.#startedAt !== startedAt;
      this.#startedAt = startedAt;
      this.#failures = 0;
      logger.info({ version, app: asterisk.ari_app, restarted }, "connected to Asterisk over AMI");
      this.#setUp(true);
      this.#ping(session);
    } catch (error) {
      if (attempt === this.#attempt) this.#fail(this.#describe(error));
    }
  }

  /** A session that is logged in to an Asterisk that has all its modules: before, it would not know its own trunks. */
  async #open(attempt: number): Promise<AmiSession> {
    const { asterisk, clock, owner } = this.#parts;
    let booted = false;
    let whenBooted: () => void = () => undefined;
    const session = await AmiSession.open({
      ami: asterisk.ami,
      deadlineMs: asterisk.request_timeout_ms,
      clock,
      eventMask,
      onEvent: (event) => {
        if (event.event === "FullyBooted") {
          booted = true;
          whenBooted();
        } else if (attempt === this.#attempt) owner.event(event);
      },
      onClose: (closed) => {
        if (this.#session === closed) this.#fail("the AMI connection ended");
      },
    });
    try {
      await session.within("FullyBooted (the AMI user needs `read = system,call,user` to hear it)", (done) => {
        if (booted) done();
        else whenBooted = done;
      });
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  #fail(reason: string): void {
    if (this.#stopped || this.#stopPause !== null) return;
    this.#drop();
    this.#failures += 1;
    const pauseMs = backoffMs(this.#failures, this.#parts.random);
    this.#parts.logger.warn({ reason, pauseMs, failures: this.#failures }, "no connection to Asterisk over AMI");
    this.#stopPause = this.#parts.clock.after(pauseMs, () => {
      this.#stopPause = null;
      void this.#try();
    });
  }

  #drop(): void {
    this.#attempt += 1;
    this.#stopPings();
    const session = this.#session;
    this.#session = null;
    session?.close();
    this.#setUp(false);
  }

  #ping(session: AmiSession): void {
    const pingMs = Math.min(longestPingMs, this.#parts.asterisk.request_timeout_ms);
    const beat = async () => {
      this.#parts.owner.heartbeat();
      try {
        await session.request("Ping");
      } catch {
        if (this.#session === session) this.#fail("Asterisk does not answer pings");
        return;
      }
      if (this.#session === session) this.#stopPings = this.#parts.clock.after(pingMs, () => void beat());
    };
    void beat();
  }

  #setUp(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#parts.owner.changed(up);
  }

  #describe(error: unknown): string {
    const { host, port, user } = this.#parts.asterisk.ami;
    const { message } = error as Error;
    if (error instanceof AmiTimeout) return `no_answer: ${message}`;
    if (error instanceof AmiRefusal && this.#session === null) {
      return `wrong_password: Asterisk refuses AMI user ${user} or its password (${message})`;
    }
    return this.#session === null ? `unreachable: AMI at ${host}:${port} (${message})` : message;
  }
}
