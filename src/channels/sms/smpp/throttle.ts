/** The pause of a bind whose SMSC asks for less traffic (ESME_RTHROTTLED, ESME_RMSGQFUL); it grows while that goes on. */
import { backoffMs } from "../../../shared/backoff.ts";
import type { Random } from "../../../shared/random.ts";

/** Limits are counted per second, and full queues last longer. */
const limits = { firstMs: 1000, longestMs: 30_000 };

export class Throttle {
  readonly #random: Random;
  #inARow = 0;
  #untilMs = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How long nothing may be sent from now on; 0: it may. */
  leftMs(nowMs: number): number {
    return Math.max(0, this.#untilMs - nowMs);
  }

  /**
   * The SMSC refused a message with such a status. Answers to what was sent before the pause began do not make it longer.
   * @returns the new pause; null where there is none
   */
  refused(sentAtMs: number, nowMs: number): number | null {
    if (sentAtMs < this.#untilMs) return null;
    this.#inARow += 1;
    const pauseMs = backoffMs(this.#inARow, this.#random, limits);
    this.#untilMs = nowMs + pauseMs;
    return pauseMs;
  }

  /** The SMSC took a message. */
  took(sentAtMs: number): void {
    if (sentAtMs >= this.#untilMs) this.#inARow = 0;
  }
}
