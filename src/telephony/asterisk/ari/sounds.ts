/** Which of the watched sounds an Asterisk has, and in which languages: read when it connects and now and then. */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../../shared/clock.ts";
import type { AriConfig } from "../access.ts";
import { getOverHttp } from "./plain-http.ts";

/** An operator who adds a language does not have to restart the gateway. */
const rereadMs = 60_000;
const none: ReadonlySet<string> = new Set();

export class SoundList {
  readonly #asterisk: AriConfig;
  readonly #watched: readonly string[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  #languages: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #isReading = false;

  constructor(parts: {
    readonly asterisk: AriConfig;
    readonly watched: readonly string[];
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#asterisk = parts.asterisk;
    this.#watched = parts.watched;
    this.#clock = steadyClock(parts.clock);
    this.#logger = parts.logger;
  }

  languagesOf(sound: string): ReadonlySet<string> {
    return this.#languages.get(sound) ?? none;
  }

  /** Reads the list again where it is old. Never rejects: calls without sounds work without it. */
  async refresh(atOnce = false): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (this.#watched.length === 0 || this.#isReading || (!atOnce && nowMs - this.#readAtMs < rereadMs)) return;
    this.#isReading = true;
    this.#readAtMs = nowMs;
    try {
      const languages = new Map<string, ReadonlySet<string>>();
      // One after the other: Asterisk's HTTP server has a short backlog, and the first failure ends it.
      for (const sound of this.#watched) languages.set(sound, await soundLanguages(this.#asterisk, sound));
      this.#languages = languages;
    } catch (error) {
      this.#logger.warn({ why: (error as Error).message }, "Asterisk's list of sounds cannot be read");
    } finally {
      this.#isReading = false;
    }
  }
}

/**
 * The languages in which an Asterisk has a sound; none where it has not, or where res_ari_sounds is not loaded.
 * @throws {Error} where it does not answer
 */
export async function soundLanguages(asterisk: AriConfig, sound: string): Promise<ReadonlySet<string>> {
  const { status, body } = await getOverHttp(asterisk, `sounds/${encodeURIComponent(sound)}`);
  if (status === 404) return none;
  if (status !== 200) throw new Error(`HTTP ${status}`);
  const { formats } = body as { formats?: unknown };
  if (!Array.isArray(formats)) return none;
  const languages = formats.map((one: { language?: unknown } | null) => one?.language);
  return new Set(languages.filter((language) => typeof language === "string"));
}
