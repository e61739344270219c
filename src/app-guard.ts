/** The part of the composition root that decides before each delivery: lists, opt-outs, what is counted, the app's approval. */
import type { Logger } from "pino";
import { createApproval } from "./approval/index.ts";
import type { AppDirectory } from "./apps/directory.ts";
import type { Audit } from "./audit/port.ts";
import type { Config } from "./config/schema.ts";
import { createGuard, type GuardOptions } from "./guard/index.ts";
import type { GuardRule } from "./guard/rule.ts";
import { createOptOutModule, type OptOutModule } from "./opt-out/index.ts";
import { createGuardRecords } from "./records/guard.ts";
import type { DurableRecords } from "./records/index.ts";
import { createOptOutRecords } from "./records/opt-outs.ts";
import type { Store } from "./redis/index.ts";
import type { Clock } from "./shared/clock.ts";
import type { Random } from "./shared/random.ts";
import type { SubjectStore } from "./subjects/store-port.ts";
import type { ChannelModule } from "./verification/channel-port.ts";
import { createHashes } from "./verification/hashes.ts";

export interface Deciding {
  readonly guard: ReturnType<typeof createGuard>;
  readonly optOuts: OptOutModule;
  /** What is kept of somebody. */
  readonly subjects: readonly SubjectStore[];
  start(): void;
  /** Stores what waits. */
  stop(): Promise<void>;
}

export function createDeciding(parts: {
  readonly config: Config;
  /** The configuration after the last reload. */
  readonly now: () => Config;
  readonly apps: AppDirectory;
  readonly store: Store;
  /** Null: nothing is recorded. */
  readonly records: DurableRecords | null;
  readonly channels: () => readonly ChannelModule[];
  /** What deliveries taught about numbers. */
  readonly health: GuardRule;
  readonly observer: GuardOptions["observer"];
  readonly audit: Audit;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): Deciding {
  const { config, now, apps, store, records, channels, health, observer, audit, clock, random, logger } = parts;
  const hmacKey = config.secrets.hmac_key;
  const optOuts = createOptOutModule({
    ...{ config, mirror: store.optOuts, clock, logger },
    records: records === null ? null : createOptOutRecords(records),
  });
  const approval = createApproval({
    ...{ hmacKey, allowPrivate: config.webhooks.allow_private, clock, random, logger },
    approvalOf: (app) => apps.profileOf(app).approval,
  });
  const guardRecords = records === null ? null : createGuardRecords(records, createHashes(hmacKey).scope);
  const guard = createGuard({
    ...{ config: () => now().guard, hmacKey, counters: store.guard, observer },
    ...{ records: guardRecords, mirror: store.guardLists },
    ...{ audit, clock, random, logger, optOut: optOuts.rule, health, approval: approval.rule },
    appCaps: (app) => apps.profileOf(app).caps,
    provesOf: (name) => channels().find((channel) => channel.name === name)?.proves,
    publishDenied: (denial, app) => store.outboxes.publish("guard.decided", denial, app),
  });
  return {
    ...{ guard, optOuts },
    subjects: [optOuts.subjects, ...(guardRecords?.subjects ?? [])],
    start() {
      guard.start();
      optOuts.start();
    },
    async stop() {
      await guard.stop();
      await optOuts.stop();
      approval.stop();
    },
  };
}
