/**
 * Gateways of two adjacent record versions work on one Redis. One that is older than that would misread records, so it
 * refuses to work. The highest version in use is kept in Redis, and looked at before the first command, after each new
 * connection (Redis may have come back empty) and once a day. Where it fitted before, a look that is not answered holds
 * up nothing: of a cluster perhaps only that key's node is down.
 */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import { versionKey } from "./keys.ts";
import { recordVersion } from "./record.ts";
import type { Reply, RunCommand, RunScript } from "./run.ts";

const dayMs = 86_400_000;
/** The longest that anything lives in Redis is 30 days (`wrong_checks_window_seconds`); after that a downgrade is safe. */
const keptMs = 32 * dayMs;
const retryAfterMs = 60_000;
const lookAgainMs = 1000;

/** This gateway is too old for what is in Redis. */
export class RecordVersionError extends Error {}

export interface VersionCheck {
  /** The same scripts; none runs before the version was found to fit. */
  readonly run: RunScript;
  /** The same of commands that read. */
  readonly read: RunCommand;
  /**
   * @throws {RecordVersionError} where it does not fit
   * @throws {Refusal} `store_unavailable` where Redis does not answer and it is not known to have fitted
   */
  check(): Promise<void>;
  /** There is a new connection: what was found does not hold any more. */
  forget(): void;
}

/** @param own record version of this gateway */
export function createVersionCheck(options: {
  readonly run: RunScript;
  readonly read: RunCommand;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "fatal">;
  readonly own?: number;
}): VersionCheck {
  const { run, read, logger, own = recordVersion } = options;
  const clock = steadyClock(options.clock);
  let fitsUntilMs = Number.NEGATIVE_INFINITY;
  let fitted = false;
  let checking: Promise<void> | null = null;
  let logged = false;

  async function look(): Promise<void> {
    const [highest] = (await run("version", versionKey, [own, keptMs])) as Reply;
    if (Number(highest) > own + 1) {
      const error = new RecordVersionError(
        `Redis holds records of version ${highest}, and this gateway works with versions ${own} and ${own + 1} only; ` +
          "install the newer release again, or give this one an empty Redis",
      );
      if (!logged) logger.fatal({ own, highest: Number(highest) }, error.message);
      logged = true;
      throw error;
    }
    fitted = true;
    fitsUntilMs = clock.nowMs() + dayMs;
  }

  async function lookOrGoOn(): Promise<void> {
    try {
      await look();
    } catch (error) {
      if (!fitted || error instanceof RecordVersionError) throw error;
      fitsUntilMs = clock.nowMs() + lookAgainMs;
    }
  }

  async function check(): Promise<void> {
    if (clock.nowMs() < fitsUntilMs) return;
    checking ??= lookOrGoOn().finally(() => {
      checking = null;
    });
    await checking;
  }

  async function checked(): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof RecordVersionError)) throw error;
      throw new Refusal("store_unavailable", "this gateway is too old for the store's records", retryAfterMs);
    }
  }

  const fits = () => clock.nowMs() < fitsUntilMs;

  return {
    check,
    // Without a promise of its own: each command goes through it.
    run: (name, key, args) => (fits() ? run(name, key, args) : checked().then(() => run(name, key, args))),
    read: (...words) => (fits() ? read(...words) : checked().then(() => read(...words))),
    forget() {
      fitsUntilMs = Number.NEGATIVE_INFINITY;
    },
  };
}
