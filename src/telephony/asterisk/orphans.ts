/** Hangs up orphan channels: channels of ours without a call that needs them. */
import type { Logger } from "pino";

/** Hang-ups that may be in progress at once; the next update of a channel tries again. */
const maxOrphans = 50;

export class Orphans {
  readonly #logger: Logger;
  readonly #underWay = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * @param isKnown whether the call is known: usually an event that crossed our hang-up
   * @param send requests the hang-up from Asterisk
   */
  async hangUp(channelId: string, isKnown: boolean, send: () => Promise<void>): Promise<void> {
    if (this.#underWay.has(channelId) || this.#underWay.size >= maxOrphans) return;
    if (!isKnown) this.#logger.warn("hanging up an orphan channel");
    this.#underWay.add(channelId);
    try {
      await send();
    } catch {
      this.#logger.warn("hang-up of an orphan channel failed");
    } finally {
      this.#underWay.delete(channelId);
    }
  }
}
