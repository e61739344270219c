/**
 * The connection to one Asterisk, kept for ever: tried until it is up, watched while it is, and built anew after a pause
 * when it broke. What one try or one connection brought is thrown away whole before the next begins.
 */
import type { Logger } from "pino";
import { backoffMs } from "../../shared/backoff.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { AsteriskInfo } from "./asterisk-info.ts";
import type { AsteriskConfig } from "./config.ts";
import { Link } from "./link.ts";

/** While up, Asterisk is looked at this often at least. */
const longestBeatMs = 3000;
/** So many that the back-off has reached its longest pause. */
const failuresOfLongestPause = 10;

/** What a driver does with its connection. */
export interface ConnectionOwner<Session, Event> {
  /** Events flow from here on; what happened before must be found out now. Throws: the connection is given up. */
  reconcile(session: Session): Promise<void>;
  /** One event, as parsed. Must not throw. */
  event(event: Event): void;
  /** `up` changed. Must not throw. */
  changed(up: boolean): void;
  /** Called about every 3 s while up. Must not throw. */
  heartbeat(): void;
}

/** What every driver's connection is made with. */
export interface ConnectionParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface KeptConnectionParts extends ConnectionParts {
  readonly asterisk: Pick<AsteriskConfig, "ari_app" | "request_timeout_ms">;
  /** What is connected to, in the words of the log. */
  readonly name: string;
  /**
   * Connects, and does all that must be done before `up`. Rejects: the link is broken, and another is tried later.
   * What it opens it lays on the link; once that is over it begins nothing more.
   */
  connect(link: Link): Promise<AsteriskInfo>;
  /** Called as soon as it is up, and then after each pause. False: the link is broken. Never rejects. */
  batchTimer(): boolean | Promise<boolean>;
  /** Why `connect` failed, for people; without a secret. */
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
  /** There is one thing to wait for at a time: the next try, or the next batchTimer. */
  #stopTimer: () => void = () => undefined;

  constructor(parts: KeptConnectionParts) {
    this.#parts = parts;
  }

  get up(): boolean {
    return this.#up;
  }

  /** To be called once. Resolves after the first try, whether it worked or not. */
  start(): Promise<void> {
    return this.#try();
  }

  /** For good. What is being tried is given up. */
  stop(): void {
    this.#link?.end();
    this.#stopTimer();
    this.#setUp(false);
  }

  /** Another process has our place: taking it back at once would only go to and fro, and end calls each time. */
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
