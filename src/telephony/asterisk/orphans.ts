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
   * After a disconnect: as many as there are. Never rejects: one channel that Asterisk cannot end must not keep the connection from
   * being used; it ends by its own limit.
   */
  async hangUpAll(channelIds: readonly string[], send: (channelId: string) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled(channelIds.map(send));
    const failed = results.filter(({ status }) => status === "rejected").length;
    if (failed > 0) this.#logger.warn({ channels: failed }, "orphan channels could not be hung up");
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
