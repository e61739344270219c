/**
 * A persistent connection to one Asterisk: tried until it is up, monitored while it is, and opened again after a pause
 * when it broke. All state of one attempt or connection is discarded before the next begins.
 */
import type { Logger } from "pino";
import { backoffMs } from "../../shared/backoff.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { AsteriskInfo } from "./asterisk-info.ts";
import type { AsteriskConfig } from "./config.ts";
import { Link } from "./link.ts";

/** While up, Asterisk is checked at least this often. */
const longestBeatMs = 3000;
/** After this many failures the back-off has reached its longest pause. */
const failuresOfLongestPause = 10;

/** A driver's callbacks. */
export interface ConnectionOwner<Session, Event> {
  /** Events arrive from here on; earlier ones must be reconciled now. If it throws, the connection is abandoned. */
  reconcile(session: Session): Promise<void>;
  /** One event, as parsed. Must not throw. */
  event(event: Event): void;
  /** `up` changed. Must not throw. */
  changed(up: boolean): void;
  /** Called about every 3 s while up. Must not throw. */
  heartbeat(): void;
}

/** What every driver's connection needs. */
export interface ConnectionParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface KeptConnectionParts extends ConnectionParts {
  readonly asterisk: Pick<AsteriskConfig, "ari_app" | "request_timeout_ms">;
  /** The name of the target in the log. */
  readonly name: string;
  /**
   * Connects, and does all that must be done before `up`. If it rejects, the link is broken and another is tried later.
   * It attaches what it opens to the link; once that is over it starts nothing more.
   */
  connect(link: Link): Promise<AsteriskInfo>;
  /** Called as soon as it is up, and then after each pause. False: the link is broken. Never rejects. */
  batchTimer(): boolean | Promise<boolean>;
  /** Why `connect` failed, for operators; without secrets. */
  describe(error: unknown): string;
  /** `up` changed. Must not throw. */
  changed(up: boolean): void;
}

export class KeptConnection {
  readonly #parts: KeptConnectionParts;
  #link: Link | null = null;
  #up = false;
  /** In a row. */
  #failures = 0;
  #startupTime: string | null = null;
  /** One timer at a time: the next connection attempt, or the next check. */
  #stopTimer: () => void = () => undefined;

  constructor(parts: KeptConnectionParts) {
    this.#parts = parts;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Call once. Resolves after the first attempt, successful or not. */
  start(): Promise<void> {
    return this.#try();
  }

  /** Permanent. A connection attempt in progress is abandoned. */
  stop(): void {
    this.#link?.end();
    this.#stopTimer();
    this.#setUp(false);
  }

  /** Another process has our application: taking it back at once would alternate between both and end calls each time. */
  yieldTo(reason: string): void {
    this.#failures = Math.max(this.#failures, failuresOfLongestPause);
    this.#link?.broke(reason);
  }

  async #try(): Promise<void> {
    const { asterisk, name, logger } = this.#parts;
    const link = new Link((reason) => this.#pause(reason));
    this.#link = link;
    try {
      const { version, startupTime } = await this.#parts.connect(link);
      if (link.over) return;
      const restarted = this.#startupTime !== null && this.#startupTime !== startupTime;
      this.#startupTime = startupTime;
      this.#failures = 0;
      logger.info({ version, app: asterisk.ari_app, restarted }, `connected to ${name}`);
    } catch (error) {
      return link.broke(this.#parts.describe(error));
    }
    this.#setUp(true);
    void this.#batchTimer(link);
  }

  async #batchTimer(link: Link): Promise<void> {
    const alive = await this.#parts.batchTimer();
    if (link.over) return;
    if (!alive) return link.broke("Asterisk does not answer pings");
    const beatMs = Math.min(longestBeatMs, this.#parts.asterisk.request_timeout_ms);
    this.#stopTimer = this.#parts.clock.after(beatMs, () => void this.#batchTimer(link));
  }

  #pause(reason: string): void {
    const { name, clock, random, logger } = this.#parts;
    this.#failures += 1;
    const pauseMs = backoffMs(this.#failures, random);
    logger.warn({ reason, pauseMs, failures: this.#failures }, `no connection to ${name}`);
    this.#stopTimer();
    this.#stopTimer = clock.after(pauseMs, () => void this.#try());
    this.#setUp(false);
  }

  #setUp(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#parts.changed(up);
  }
}
