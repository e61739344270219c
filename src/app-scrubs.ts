/** The part of the composition root that cleans lists for apps. */
import type { Logger } from "pino";
import type { Config } from "./config/schema.ts";
import { createScrubFolder } from "./numbers/scrubs/folder.ts";
import { createListRunner } from "./numbers/scrubs/runner.ts";
import { createScrubs, type ScrubsService } from "./numbers/scrubs/service.ts";
import type { Store } from "./redis/index.ts";
import type { Clock } from "./shared/clock.ts";
import type { Random } from "./shared/random.ts";
import { rfc3339 } from "./verification/representation.ts";

/** Results have the rows of the list and little more; a list that is made to fill the disk has far more. */
const resultsPerList = 8;

/** @returns null where `scrubs` is not configured */
export function createScrubsOf(parts: {
  /** The configuration after the last reload. */
  readonly now: () => Config;
  readonly store: Pick<Store, "outboxes">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): ScrubsService | null {
  const { now, store, clock, random, logger } = parts;
  const config = now().scrubs;
  if (config === undefined) return null;
  return createScrubs({
    ...{ config, clock, random, logger },
    folder: createScrubFolder(config.folder),
    runner: createListRunner(() => now().numbers, {
      ...{ clock, longestMinutes: config.max_minutes },
      mostResultBytes: config.max_bytes * resultsPerList,
    }),
    publish({ id, app, name, state, summary, endedAtMs }) {
      const { rows = null, clean = null, rejected = null } = summary ?? {};
      const endedAt = rfc3339(endedAtMs ?? clock.nowMs());
      const data = { scrub: id, name, state, rows, clean, rejected, ended_at: endedAt };
      return store.outboxes.publish("scrub.ended", data, app);
    },
  });
}
