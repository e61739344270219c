/** The part of the composition root that knows numbers: their rules, lookup, and the parts that a gateway may have beside. */
import type { Logger } from "pino";
import type { AppDirectory } from "./apps/directory.ts";
import type { Config } from "./config/schema.ts";
import { createNumberHealth, type NumberHealthModule } from "./numbers/health/index.ts";
import type { TaughtChannel } from "./numbers/health/learn.ts";
import type { HealthObserver } from "./numbers/health/ports.ts";
import { createLookup } from "./numbers/lookup/lookup.ts";
import type { LivePart, Lookup } from "./numbers/lookup/ports.ts";
import { useConfiguredMetadata } from "./numbers/metadata-file.ts";
import { createNetworks } from "./numbers/networks/index.ts";
import type { Networks } from "./numbers/networks/ports.ts";
import { createLiveNumbers } from "./numbers/numbers.ts";
import type { Numbers } from "./numbers/ports.ts";
import type { Store } from "./redis/index.ts";
import type { Clock } from "./shared/clock.ts";

export interface NumberIntelligence {
  readonly numbers: Numbers;
  readonly lookup: Lookup;
  readonly networks: Networks;
  readonly health: NumberHealthModule;
}

export function createNumberIntelligence(parts: {
  /** The configuration after the last reload. */
  readonly now: () => Config;
  readonly apps: AppDirectory;
  readonly store: Store;
  /** As the verifications have it; they are made later. */
  readonly channelOf: (name: string) => TaughtChannel | undefined;
  readonly observers: { readonly health: HealthObserver };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Assembled after the channels and the guard; app-live-check.ts. */
  readonly liveCheck: LivePart;
}): NumberIntelligence {
  const { now, liveCheck, apps, store, channelOf, observers, clock, logger } = parts;
  // First: all that reads numbers goes by these plans. A reload comes past here no more (config/reloading.ts).
  useConfiguredMetadata(now().numbers.metadata_file);
  const numbers = createLiveNumbers(() => now().numbers);
  const networks = createNetworks();
  const health = createNumberHealth({
    ...{ config: () => now().number_health, hmacKey: now().secrets.hmac_key, store: store.health, channelOf },
    actionOf: (app) => apps.profileOf(app).numberHealth,
    ...{ observer: observers.health, clock, logger },
  });
  // Parts that are not there are left out: their fields of a lookup are null.
  const lookup = createLookup({ numbers, networks, health, liveCheck });
  return { numbers, lookup, networks, health };
}
