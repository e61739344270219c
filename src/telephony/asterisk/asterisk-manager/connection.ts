/**
 * A connection for calls over AMI: login, a fully booted Asterisk, the user's rights, the owner's own reconciliation, and
 * only then `up`.
 */
import type { AmiCallsConfig } from "../access.ts";
import { AmiRefusal, AmiTimeout } from "../ami/errors.ts";
import { AmiSession, type ManagerMessage } from "../ami/session.ts";
import type { AsteriskInfo } from "../asterisk-info.ts";
import { type ConnectionOwner, type ConnectionParts, KeptConnection } from "../kept-connection.ts";
import type { Link } from "../link.ts";
import { learn } from "./requests.ts";

/** `system` for FullyBooted, `call` for our calls, `user` for the dialplan's events. Neither variables nor DTMF. */
const eventMask = "system,call,user";

export interface AmiConnectionParts extends ConnectionParts {
  readonly asterisk: AmiCallsConfig;
  readonly owner: ConnectionOwner<AmiSession, ManagerMessage>;
}

export class AmiConnection {
  readonly #parts: AmiConnectionParts;
  readonly #kept: KeptConnection;
  #session: AmiSession | null = null;

  constructor(parts: AmiConnectionParts) {
    this.#parts = parts;
    this.#kept = new KeptConnection({
      ...parts,
      name: "Asterisk over AMI",
      connect: (link) => this.#connect(link),
      batchTimer: () => this.#batchTimer(),
      describe: (error) => this.#describe(error),
      changed: (up) => parts.owner.changed(up),
    });
  }

  get up(): boolean {
    return this.#kept.up;
  }

  /** Logged in, though perhaps not reconciled yet: sufficient for hang-ups. */
  get session(): AmiSession | null {
    return this.#session?.closed === false ? this.#session : null;
  }

  /** Resolves after the first try, whether it worked or not. */
  start(): Promise<void> {
    return this.#kept.start();
  }

  stop(): void {
    this.#kept.stop();
  }

  async #connect(link: Link): Promise<AsteriskInfo> {
    const session = await this.#open(link);
    this.#session = session;
    const asterisk = await learn(session);
    await this.#parts.owner.reconcile(session);
    return asterisk;
  }

  /** A session that is logged in to a fully booted Asterisk: before, it would not know its trunks. */
  async #open(link: Link): Promise<AmiSession> {
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
        } else if (!link.over) owner.event(event);
      },
      onClose: (closed) => {
        if (this.#session === closed) link.broke("the AMI connection ended");
      },
    });
    link.hold(() => session.close());
    await session.within("FullyBooted (the AMI user needs `read = system,call,user` to receive it)", (done) => {
      if (booted) done();
      else whenBooted = done;
    });
    return session;
  }

  /** One unanswered Ping ends the session, so a dead link is noticed after a tick and a request's deadline. */
  async #batchTimer(): Promise<boolean> {
    this.#parts.owner.heartbeat();
    try {
      await this.#session?.request("Ping");
      return true;
    } catch {
      return false;
    }
  }

  #describe(error: unknown): string {
    const { host, port, user } = this.#parts.asterisk.ami;
    const { message } = error as Error;
    if (error instanceof AmiTimeout) return `no_answer: ${message}`;
    if (error instanceof AmiRefusal && this.session === null) {
      return `wrong_password: Asterisk refuses AMI user ${user} or its password (${message})`;
    }
    return this.session === null ? `unreachable: AMI at ${host}:${port} (${message})` : message;
  }
}
