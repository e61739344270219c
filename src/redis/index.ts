/** The store as the composition root takes it. */

import type { Logger } from "pino";
import type { ReputationConfig } from "../caller-ids/reputation-config.ts";
import type { ReputationStore } from "../caller-ids/store-port.ts";
import type { Outages } from "../operations/outages-port.ts";
import { type BatchTimer, createBatchTimer } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import type { Admission } from "../telephony/trunks/admission-port.ts";
import type { VerificationStore } from "../verification/store-port.ts";
import { createAdmissionStore } from "./admission-store.ts";
import { createRedis } from "./client.ts";
import type { RedisConfig } from "./config.ts";
import { createOutages } from "./outages-store.ts";
import { createReputationStore } from "./reputation-store.ts";
import { createScriptRunner } from "./run.ts";
import { loadScripts, loadVerificationScripts, type ScriptedChannel, type ScriptSettings } from "./scripts.ts";
import { createVerificationStore } from "./verification-store.ts";

const beatMs = 20;

export interface Store {
  /** The store of verifications by these channels; to be called once. */
  verifications(settings: ScriptSettings, channels: readonly ScriptedChannel[]): VerificationStore;
  readonly admission: Admission;
  readonly reputation: ReputationStore;
  readonly outages: Outages;
  /**
   * When what may wait a little is written: news of calls, notes of caller IDs, lines that are given back. Nobody looks
   * as closely, what is overtaken meanwhile is never written, and under load all of it goes to Redis with one write.
   */
  readonly batchTimer: BatchTimer;
  /** Resolves when the first try to connect to Redis succeeded or failed; soon in any case. */
  firstTried(): Promise<void>;
  /** Whether Redis answers and accepts writes now. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

/** Connects in the background; until that is done every method refuses with `store_unavailable`. */
export function createStore(options: {
  readonly redis: RedisConfig;
  readonly reputation: ReputationConfig;
  readonly clock: Clock;
  /** For tests: verifications live by `clock` instead of by Redis' own. */
  readonly testTime?: boolean;
  readonly logger: Logger;
}): Store {
  const { redis, reputation, clock, testTime = false, logger } = options;
  const connection = createRedis(redis, logger);
  const { run, define } = createScriptRunner({ client: connection.client, clock, logger });
  define(loadScripts());
  const batchTimer = createBatchTimer(clock, beatMs);
  const admission = createAdmissionStore(run, batchTimer);
  return {
    verifications(settings, channels) {
      define(loadVerificationScripts(settings, channels));
      return createVerificationStore(run, settings.verification, testTime ? () => clock.nowMs() : null);
    },
    admission,
    reputation: createReputationStore(run, reputation),
    outages: createOutages(run),
    batchTimer,
    firstTried: connection.firstTried,
    ping: connection.ping,
    async close() {
      // A place that is not given back is taken until its lease ends.
      await admission.settled();
      await connection.close();
    },
  };
}
