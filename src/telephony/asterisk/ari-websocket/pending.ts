/**
 * Requests that Asterisk has not answered yet. All have the same deadline, so one timer does for all of them: it ticks
 * while any is waiting, and a request ends 100 to 105 % of the deadline after it was sent.
 */
import type { Clock } from "../../../shared/clock.ts";
import { AriError } from "../ari/transport.ts";

/** Asterisk's answer: the fields that are read, of unchecked type. */
export interface Answer {
  readonly request_id?: unknown;
  readonly status_code?: unknown;
  /** JSON as a string. */
  readonly message_body?: unknown;
}

interface Waiting {
  readonly dueTick: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: AriError) => void;
}

const ticksPerDeadline = 20;
/** Many times the usual number: while Asterisk keeps up, about ten at 1,000 calls a second. */
const maxWaiting = 10_000;

export class PendingRequests {
  readonly #clock: Clock;
  readonly #tickMs: number;
  /** In the order of their deadlines. */
  readonly #waiting = new Map<string, Waiting>();
  #lastId = 0;
  #ticks = 0;
  #stopTicking: (() => void) | null = null;

  constructor(deadlineMs: number, clock: Clock) {
    this.#clock = clock;
    this.#tickMs = deadlineMs / ticksPerDeadline;
  }

  get isFull(): boolean {
    return this.#waiting.size >= maxWaiting;
  }

  /** @returns the id to send the request with; `resolve` or `reject` is called once */
  add(resolve: Waiting["resolve"], reject: Waiting["reject"]): string {
    this.#lastId += 1;
    const id = String(this.#lastId);
    // One tick more than the deadline: the next tick may be due at once.
    this.#waiting.set(id, { dueTick: this.#ticks + ticksPerDeadline + 1, resolve, reject });
    if (this.#stopTicking === null) this.#tickLater();
    return id;
  }

  /** An answer without a pending request, or after its deadline, is ignored. */
  settle(answer: Answer): void {
    const id = answer.request_id;
    if (typeof id !== "string") return;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.resolve(answer);
  }

  /** Ends all of them: the connection is gone. */
  failAll(): void {
    this.#stopTicking?.();
    this.#stopTicking = null;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(new AriError(0, "ECONNRESET"));
  }

  #tickLater(): void {
    this.#stopTicking = this.#clock.after(this.#tickMs, () => this.#tick());
  }

  #tick(): void {
    this.#ticks += 1;
    for (const [id, { dueTick, reject }] of this.#waiting) {
      if (dueTick > this.#ticks) break;
      this.#waiting.delete(id);
      reject(new AriError(0, "ETIMEDOUT"));
    }
    if (this.#waiting.size > 0) this.#tickLater();
    else this.#stopTicking = null;
  }
}
