/** Hangs up channels of our own that turn up though nobody wants them. */
import type { Logger } from "pino";

/** Hang-ups that may be in progress at once; the next piece of news of a channel asks again. */
const maxStrays = 50;

export class Strays {
  readonly #logger: Logger;
  readonly #underWay = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * @param isKnown of a call that we know: mostly an event that crossed our hang-up
   * @param send tells Asterisk
   */
  async hangUp(channelId: string, isKnown: boolean, send: () => Promise<void>): Promise<void> {
    if (this.#underWay.has(channelId) || this.#underWay.size >= maxStrays) return;
    if (!isKnown) this.#logger.warn("hanging up a channel of ours that nobody owns");
    this.#underWay.add(channelId);
    try {
      await send();
    } catch {
      this.#logger.warn("hang-up of a stray channel failed");
    } finally {
      this.#underWay.delete(channelId);
    }
  }
}
