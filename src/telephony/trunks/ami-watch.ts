/** Monitors the trunks of one Asterisk over AMI until it is stopped. */

import type { Logger } from "pino";
import { backoffMs } from "../../shared/backoff.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { AmiRefusal } from "../asterisk/ami/errors.ts";
import { AmiSession, type ManagerMessage } from "../asterisk/ami/session.ts";
import type { AmiConfig } from "../asterisk/config.ts";
import { judgeEndpoint, type TrunkHealth } from "./health.ts";

/** Events report changes at once; polling finds changes without an event, and dead connections. */
const askAgainMs = 15_000;
/**
 * Asterisk marks a trunk unreachable at the first unanswered OPTIONS, and probes again only after `qualify_frequency` (30 s
 * in our templates): one lost packet, or a busy machine, would stop calls for half a minute. So the gateway requests a probe.
 */
const askSilentMs = 3000;
/** Events come in bursts (one for each contact, peer, …): one query at the end of the burst is enough. */
const burstMs = 50;

export interface AmiWatchParts {
  readonly ami: AmiConfig;
  readonly requestTimeoutMs: number;
  /** Names of the PJSIP endpoints to watch. */
  readonly endpoints: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called after every query. */
  readonly onLook?: (() => void) | undefined;
}

export interface AmiWatch {
  /** Connects and keeps connecting; resolves after the first query or failure. */
  start(): Promise<void>;
  stop(): void;
  /** The endpoint's current health. Unknown counts as usable: the calls' outcomes then decide. */
  health(endpoint: string): TrunkHealth;
}

export function createAmiWatch(parts: AmiWatchParts): AmiWatch {
  return new Watch(parts);
}

class Watch implements AmiWatch {
  readonly #parts: AmiWatchParts;
  /** By endpoint; only while AMI is connected. */
  #known: ReadonlyMap<string, TrunkHealth> = new Map();
  #whyUnknown = "AMI is not connected yet";
  #session: AmiSession | null = null;
  #failures = 0;
  #looking = false;
  #lookAgain = false;
  #stopTimer: () => void = () => undefined;
  #stopped = false;

  constructor(parts: AmiWatchParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    await this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
    this.#session?.close();
  }

  health(endpoint: string): TrunkHealth {
    return this.#known.get(endpoint) ?? { usable: true, why: `not known: ${this.#whyUnknown}` };
  }

  async #connect(): Promise<void> {
    const { ami, requestTimeoutMs, clock, logger } = this.#parts;
    try {
      const session = await AmiSession.open({
        ami,
        deadlineMs: requestTimeoutMs,
        clock,
        // Where the same user also controls calls, their events are not needed here.
        eventMask: "system",
        onEvent: (event) => this.#event(event),
        onClose: (session) => this.#lost(session, "the AMI connection ended"),
      });
      if (this.#stopped) return session.close();
      this.#session = session;
      logger.info("connected to AMI");
    } catch (error) {
      this.#tryLater((error as Error).message);
    }
    await this.#look();
  }

  /** Ends a session that is not ended yet; the first reason given counts. */
  #lost(session: AmiSession, reason: string): void {
    if (this.#session !== session) return;
    this.#session = null;
    session.close();
    this.#tryLater(reason);
  }

  #tryLater(reason: string): void {
    this.#known = new Map();
    this.#whyUnknown = reason;
    if (this.#stopped) return;
    this.#failures += 1;
    const pauseMs = backoffMs(this.#failures, this.#parts.random);
    this.#parts.logger.warn({ reason, pauseMs, failures: this.#failures }, "no connection to AMI: health not known");
    this.#after(pauseMs, () => void this.#connect());
  }

  #event(event: ManagerMessage): void {
    if (event.event === "Shutdown") {
      const down: TrunkHealth = { usable: false, why: "Asterisk is shutting down" };
      this.#known = new Map(this.#parts.endpoints.map((endpoint) => [endpoint, down]));
      return;
    }
    const aboutUs = event.event === "ContactStatus" && this.#parts.endpoints.includes(String(event.endpointname));
    if (!aboutUs && event.event !== "Registry" && event.event !== "FullyBooted") return;
    // While a query is scheduled or in progress, one more at its end is enough.
    if (!this.#lookAgain && !this.#looking) this.#lookIn(burstMs);
    this.#lookAgain = true;
  }

  #lookIn(delayMs: number): void {
    if (this.#session !== null) this.#after(delayMs, () => void this.#look());
  }

  /** Queries all endpoints, one query at a time. A failed query ends the session, so that a new one is opened. */
  async #look(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    this.#looking = true;
    this.#lookAgain = false;
    try {
      const registrations = await listOr([], session.list("PJSIPShowRegistrationsOutbound"));
      const known = new Map<string, TrunkHealth>();
      for (const endpoint of this.#parts.endpoints) {
        const details = await listOr(null, session.list("PJSIPShowEndpoint", { endpoint }));
        known.set(endpoint, judgeEndpoint(endpoint, details, registrations));
      }
      if (this.#session === session) this.#learn(known);
    } catch (error) {
      this.#lost(session, `cannot read the state of trunks over AMI: ${(error as Error).message}`);
    }
    const silent = [...this.#known].flatMap(([endpoint, health]) => (health.silent ? [endpoint] : []));
    for (const endpoint of silent) await this.#haveAsked(session, endpoint);
    this.#looking = false;
    this.#lookIn(this.#lookAgain ? burstMs : silent.length > 0 ? askSilentMs : askAgainMs);
    this.#parts.onLook?.();
  }

  /** The result arrives as a ContactStatus event. Without the right to request it, the next regular probe decides. */
  async #haveAsked(session: AmiSession, endpoint: string): Promise<void> {
    try {
      await session.request("PJSIPQualify", { endpoint });
    } catch (error) {
      this.#parts.logger.debug(
        { endpoint, error: (error as Error).message },
        "cannot request another OPTIONS to the carrier",
      );
    }
  }

  #learn(known: ReadonlyMap<string, TrunkHealth>): void {
    for (const [endpoint, health] of known) {
      const before = this.#known.get(endpoint);
      if (before?.why === health.why) continue;
      this.#parts.logger[health.usable ? "info" : "warn"]({ endpoint, ...health }, "state of a trunk changed");
    }
    this.#known = known;
    this.#failures = 0;
  }

  /** One timer at a time: the next connection attempt, or the next query. */
  #after(delayMs: number, callback: () => void): void {
    this.#stopTimer();
    if (!this.#stopped) this.#stopTimer = this.#parts.clock.after(delayMs, callback);
  }
}

/** Asterisk answers "no such object" and "list is empty" with an error. */
async function listOr<T>(none: T, list: Promise<readonly ManagerMessage[]>): Promise<readonly ManagerMessage[] | T> {
  try {
    return await list;
  } catch (error) {
    if (error instanceof AmiRefusal && /^(unable to retrieve|no) /i.test(error.message)) return none;
    throw error;
  }
}
