import { pino } from "pino";
import { createAppDirectory } from "../../../src/apps/directory.ts";
import { createAppWatch } from "../../../src/apps/watch.ts";
import { createStore } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { testConfig } from "../../support/test-config.ts";

/** The apps as a gateway on this Redis knows them. */
export async function knownApps(url: string) {
  const { redis, caller_id_reputation: reputation } = testConfig();
  const clock = systemClock;
  const store = createStore({ redis: { ...redis, url }, reputation, clock, logger: pino({ level: "silent" }) });
  await store.firstTried();
  const directory = createAppDirectory({ configured: {}, clock });
  const watch = createAppWatch({ mirror: store.appMirror, directory, clock, onReplaced: () => undefined });
  await watch.refresh();
  return { find: directory.find, refresh: watch.refresh, close: store.close };
}
