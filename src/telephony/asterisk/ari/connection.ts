/** A connection over ARI: pre-flight, session, event filter, the owner's own reconciliation, and only then `up`. */
import type { AriConfig } from "../access.ts";
import type { AsteriskInfo } from "../asterisk-info.ts";
import { type ConnectionOwner, type ConnectionParts, KeptConnection } from "../kept-connection.ts";
import type { Link } from "../link.ts";
import { PreflightError, preflight } from "./preflight.ts";
import type { AriSession, AriTransport, SessionListener } from "./transport.ts";

/** A half-open connection is noticed after two unanswered pings. */
const missedPingsAllowed = 2;

export interface AriConnectionParts extends ConnectionParts {
  readonly asterisk: AriConfig;
  readonly transport: AriTransport;
  /** Which events Asterisk is to send. */
  readonly eventFilter: object;
  readonly owner: ConnectionOwner<AriSession, unknown>;
}

export class AriConnection {
  readonly #parts: AriConnectionParts;
  readonly #kept: KeptConnection;
  #session: AriSession | null = null;
  #unansweredPings = 0;

  constructor(parts: AriConnectionParts) {
    this.#parts = parts;
    this.#kept = new KeptConnection({
      ...parts,
      name: "Asterisk",
      connect: (link) => this.#connect(link),
      batchTimer: () => this.#batchTimer(),
      describe,
      changed: (up) => parts.owner.changed(up),
    });
  }

  get up(): boolean {
    return this.#kept.up;
  }

  /** The newest session; over HTTP it stays usable for hang-ups while the WebSocket is down. */
  get session(): AriSession | null {
    return this.#session;
  }

  /** Resolves after the first try, whether it worked or not. */
  start(): Promise<void> {
    return this.#kept.start();
  }

  stop(): void {
    this.#kept.stop();
  }

  /** Another process took our application. */
  yieldTo(reason: string): void {
    this.#kept.yieldTo(reason);
  }

  async #connect(link: Link): Promise<AsteriskInfo> {
    const { asterisk, owner, transport, eventFilter } = this.#parts;
    const info = await preflight(asterisk);
    link.assertNotOver();
    const session = await transport.open(info, this.#listener(link));
    link.hold(() => session.terminate());
    this.#session = session;
    this.#unansweredPings = 0;
    // The first request: where requests go over the WebSocket, a filter that another program left there would block
    // the answers to all others.
    await session.setEventFilter(asterisk.ari_app, eventFilter);
    await owner.reconcile(session);
    return info;
  }

  #listener(link: Link): SessionListener {
    return {
      event: (event) => {
        if (!link.over) this.#parts.owner.event(event);
      },
      pong: () => {
        if (!link.over) this.#unansweredPings = 0;
      },
      lost: (reason) => link.broke(reason),
    };
  }

  #batchTimer(): boolean {
    if (this.#unansweredPings >= missedPingsAllowed) return false;
    this.#unansweredPings += 1;
    this.#session?.ping();
    this.#parts.owner.heartbeat();
    return true;
  }
}

function describe(error: unknown): string {
  if (error instanceof PreflightError) return `${error.problem}: ${error.message}`;
  return error instanceof Error ? error.message : "unknown error";
}
