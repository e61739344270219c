/** The part of the composition root that knows numbers: their rules, lookup, networks, health, and lists of apps. */
import type { Logger } from "pino";
import { createScrubsOf } from "./app-scrubs.ts";
import type { AppDirectory } from "./apps/directory.ts";
import type { Config } from "./config/schema.ts";
import { createNumberHealth, type NumberHealthModule } from "./numbers/health/index.ts";
import type { TaughtChannel } from "./numbers/health/learn.ts";
import type { HealthObserver } from "./numbers/health/ports.ts";
import { createLookup } from "./numbers/lookup/lookup.ts";
import type { LivePart, Lookup } from "./numbers/lookup/ports.ts";
import { useConfiguredMetadata } from "./numbers/metadata-file.ts";
import { createNetworks, type NetworksModule } from "./numbers/networks/index.ts";
import type { NetworkObserver } from "./numbers/networks/live-port.ts";
import { createLiveNumbers } from "./numbers/numbers.ts";
import type { Numbers } from "./numbers/ports.ts";
import type { ScrubsService } from "./numbers/scrubs/service.ts";
import type { Store } from "./redis/index.ts";
import { networkSubjects } from "./redis/network-store.ts";
import type { Clock } from "./shared/clock.ts";
import type { Random } from "./shared/random.ts";
import type { SubjectStore } from "./subjects/store-port.ts";
import { createHashes } from "./verification/hashes.ts";

export interface NumberIntelligence {
  readonly numbers: Numbers;
  readonly lookup: Lookup;
  readonly networks: NetworksModule;
  readonly health: NumberHealthModule;
  /** Null: not configured. */
  readonly scrubs: ScrubsService | null;
  /** What is kept of somebody. */
  readonly subjects: readonly SubjectStore[];
  /** Reads files. @throws {ConfigError} where one has faults */
  start(): Promise<void>;
  /**
   * Reads the files of a configuration that is to be loaded.
   * @throws {ConfigError} where one has faults: nothing was changed
   */
  prepare(next: Config): Promise<void>;
  /** From now on this configuration holds. */
  configure(next: Config): void;
  /** Stores what waits. */
  stop(): Promise<void>;
}

export function createNumberIntelligence(parts: {
  /** The configuration after the last reload. */
  readonly now: () => Config;
  readonly apps: AppDirectory;
  readonly store: Store;
  /** As the verifications have it; they are made later. */
  readonly channelOf: (name: string) => TaughtChannel | undefined;
  readonly observers: { readonly health: HealthObserver; readonly networks: NetworkObserver };
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Assembled after the channels and the guard; app-live-check.ts. */
  readonly liveCheck: LivePart;
}): NumberIntelligence {
  const { now, liveCheck, apps, store, channelOf, observers, clock, random, logger } = parts;
  const { hmac_key: hmacKey } = now().secrets;
  // First: all that reads numbers goes by these plans. A reload replaces them by itself (config/reloading.ts).
  useConfiguredMetadata(now().numbers.metadata_file);
  const numbers = createLiveNumbers(() => now().numbers);
  const hashes = createHashes(hmacKey);
  const hash = (e164: string) => hashes.scope("network", e164);
  const networks = createNetworks({
    ...{ config: now().networks, store: store.networks, hash, observer: observers.networks, clock, random, logger },
  });
  const health = createNumberHealth({
    ...{ config: () => now().number_health, hmacKey, store: store.health, channelOf },
    actionOf: (app) => apps.profileOf(app).numberHealth,
    ...{ observer: observers.health, clock, logger },
  });
  // Parts that are not there are left out: their fields of a lookup are null.
  const networkPart = { find: (e164: string, budgetMs: number) => networks.find(e164, budgetMs, "lookup") };
  const lookup = createLookup({ numbers, networks: networkPart, health, liveCheck });
  const scrubs = createScrubsOf({ now, store, clock, random, logger });
  return {
    ...{ numbers, lookup, networks, health, scrubs },
    subjects: [health.subjects, networkSubjects(store.networks, hash, networks.forget)],
    async start() {
      await networks.start();
      await scrubs?.begin();
    },
    prepare: (next) => networks.prepare(next.networks),
    configure: (next) => networks.configure(next.networks),
    async stop() {
      networks.stop();
      // A list may take seconds to stop, or fail to: what was learned is written all the same.
      await Promise.all([health.flush(), scrubs?.stop()]);
    },
  };
}
