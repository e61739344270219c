/**
 * One bind to an SMSC that is kept: opened, watched, opened again after a pause when it broke. It knows how many messages
 * may be outstanding (the window) and pauses when the SMSC asks for less traffic.
 */
import type { Logger } from "pino";
import { backoffMs } from "../../../shared/backoff.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { Random } from "../../../shared/random.ts";
import { BindError, type BindTarget, openSession } from "./connect.ts";
import type { Answer, Session, SessionParts } from "./session.ts";
import { okStatus } from "./status.ts";
import type { Submit } from "./submit.ts";
import { Throttle } from "./throttle.ts";

export interface BindParts {
  /** `<route>.<bind>`, for logs and health. */
  readonly name: string;
  readonly target: BindTarget;
  readonly bindTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly enquireLinkMs: number;
  readonly window: number;
  /** Whether a command_status asks for less traffic. */
  readonly isThrottle: (status: number) => boolean;
  readonly incoming: SessionParts["incoming"];
  readonly late: () => void;
  /** It is up now, or it is not, perhaps still. Must not throw. */
  readonly changed: (up: boolean) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Pauses between attempts to bind: carriers block accounts that hammer. */
const bindLimits = { firstMs: 1000, longestMs: 60_000 };
/** A bind that held for so long counts as good: the next failure is a first one. */
const goodAfterMs = 10_000;
/** After this many failures the pause is the longest. */
const failuresOfLongestPause = 10;
/** Reconnecting takes about that long. */
const downRetryMs = 5000;
const fullRetryMs = 1000;
const unbindMs = 1000;

export class Bind {
  readonly #parts: BindParts;
  readonly #throttle: Throttle;
  #session: Session | null = null;
  readonly #stopping = new AbortController();
  #failures = 0;
  #upSinceMs = 0;
  #stopTimer: () => void = () => undefined;
  #why = "not started";
  /** Messages that hold a place: reserved, waiting for the window, or outstanding. */
  #held = 0;
  #outstanding = 0;
  /** Those that wait for the window, in order. Bounded: `busy` refuses more than a window of them. */
  readonly #queue = new Set<() => void>();
  #idle: () => void = () => undefined;

  constructor(parts: BindParts) {
    this.#parts = parts;
    this.#throttle = new Throttle(parts.random);
  }

  get name(): string {
    return this.#parts.name;
  }

  get up(): boolean {
    return this.#session !== null;
  }

  /** For operators: bound, or why not. */
  get detail(): string {
    if (this.#session === null) return this.#why;
    const pausedMs = this.#throttle.leftMs(this.#parts.clock.nowMs());
    return pausedMs > 0 ? `bound, throttled for ${Math.ceil(pausedMs / 1000)} s` : "bound";
  }

  /** Null: it has room for a message. Otherwise why not, and when it may have. */
  busy(): { readonly none: "provider_down" | "throttled"; readonly retryAfterMs: number } | null {
    if (this.#session === null || this.#stopping.signal.aborted)
      return { none: "provider_down", retryAfterMs: downRetryMs };
    const pausedMs = this.#throttle.leftMs(this.#parts.clock.nowMs());
    if (pausedMs > 0) return { none: "throttled", retryAfterMs: pausedMs };
    return this.#held < 2 * this.#parts.window ? null : { none: "throttled", retryAfterMs: fullRetryMs };
  }

  /** Takes a place for one message; `letGo` returns it. */
  hold(): void {
    this.#held += 1;
  }

  letGo(): void {
    this.#held -= 1;
    if (this.#held === 0) this.#idle();
  }

  /** Call once. Resolves after the first attempt, successful or not. */
  start(): Promise<void> {
    return this.#try();
  }

  /** Lets messages end within `graceMs`, unbinds, disconnects. Permanent. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    this.#stopTimer();
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    if (this.#held > 0) await this.#within(graceMs, idle);
    const session = this.#session;
    if (session === null) return;
    await this.#within(unbindMs, session.unbind());
    session.end("stopped");
  }

  /**
   * Sends one submit_sm when the window has room. The caller holds a place.
   * @param untilMs from then on it is not sent (the clock's milliseconds)
   * @param isLate the same by a clock that goes on while the machine is suspended
   * @returns `unsent` where it was not written for certain
   * @throws {PduError} where a value does not fit: nothing was sent
   */
  async submit({ fields, tlvs }: Submit, untilMs: number, isLate = () => false): Promise<Answer> {
    const { clock, window, isThrottle, logger } = this.#parts;
    if (this.#outstanding < window) this.#outstanding += 1;
    else if (!(await this.#room(untilMs))) return { kind: "unsent" };
    try {
      const session = this.#session;
      if (session === null || isLate()) return { kind: "unsent" };
      const sentAtMs = clock.nowMs();
      const answer = await session.request("submit_sm", fields, tlvs);
      if (answer.kind === "answer" && answer.status === okStatus) this.#throttle.took(sentAtMs);
      if (answer.kind === "answer" && isThrottle(answer.status)) {
        const pauseMs = this.#throttle.refused(sentAtMs, clock.nowMs());
        if (pauseMs !== null) logger.warn({ bind: this.name, pauseMs }, "the SMSC throttles this bind");
      }
      return answer;
    } finally {
      const [next] = this.#queue;
      if (next === undefined) this.#outstanding -= 1;
      else next();
    }
  }

  /** Waits for the place of one that ends. @returns false where none came in time */
  #room(untilMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (has: boolean) => {
        this.#queue.delete(next);
        stopTimer();
        resolve(has);
      };
      const next = () => settle(true);
      const leftMs = Math.max(0, untilMs - this.#parts.clock.nowMs());
      const stopTimer = this.#parts.clock.after(leftMs, () => settle(false));
      this.#queue.add(next);
    });
  }

  async #try(): Promise<void> {
    const { target, clock, bindTimeoutMs, responseTimeoutMs, enquireLinkMs, incoming, late } = this.#parts;
    let over = false;
    try {
      const parts = {
        ...{ responseTimeoutMs, enquireLinkMs, incoming, late },
        ended: (why: string) => {
          over = true;
          this.#ended(why);
        },
      };
      const session = await openSession(target, bindTimeoutMs, clock, parts, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return session.end("stopped");
      if (over) throw new BindError(this.#why);
      this.#session = session;
    } catch (error) {
      const failed = error instanceof BindError ? error : new BindError("internal error");
      if (failed.credentials) this.#failures = Math.max(this.#failures, failuresOfLongestPause);
      return this.#pause(failed.message);
    }
    this.#upSinceMs = clock.nowMs();
    this.#parts.logger.info({ bind: this.name, host: target.host, port: target.port }, "bound to the SMSC");
    this.#parts.changed(true);
  }

  /** A session ended; before it was bound, the attempt fails by itself. */
  #ended(why: string): void {
    this.#why = why;
    if (this.#session === null) return;
    this.#session = null;
    if (this.#parts.clock.nowMs() - this.#upSinceMs >= goodAfterMs) this.#failures = 0;
    this.#pause(why);
  }

  #pause(why: string): void {
    const { clock, random, logger } = this.#parts;
    this.#why = why;
    this.#parts.changed(false);
    if (this.#stopping.signal.aborted) return;
    this.#failures += 1;
    const pauseMs = backoffMs(this.#failures, random, bindLimits);
    logger.warn({ bind: this.name, reason: why, pauseMs, failures: this.#failures }, "no bind to the SMSC");
    this.#stopTimer();
    this.#stopTimer = clock.after(pauseMs, () => void this.#try());
  }

  #within(ms: number, work: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const stopTimer = this.#parts.clock.after(ms, resolve);
      void work.then(() => {
        stopTimer();
        resolve();
      });
    });
  }
}
