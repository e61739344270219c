/** The store as the composition root takes it. */

import type { Logger } from "pino";
import type { CareStore } from "../caller-ids/store-port.ts";
import type { CallInStore } from "../channels/call-in/store-port.ts";
import type { Config } from "../config/schema.ts";
import type { Outages } from "../operations/outages-port.ts";
import { type Beat, createBeat } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import type { Pacing } from "../telephony/trunks/admission-port.ts";
import type { VerificationStore } from "../verification/store-port.ts";
import { createPacing } from "./admission-store.ts";
import { createCallInStore } from "./call-in-store.ts";
import { createRedis } from "./client.ts";
import { createOutages } from "./outages-store.ts";
import { createCareStore } from "./reputation-store.ts";
import { createScriptRunner } from "./run.ts";
import { loadScripts } from "./scripts.ts";
import { createVerificationStore } from "./verification-store.ts";

const beatMs = 20;

export interface Store {
  readonly verifications: VerificationStore;
  readonly callIns: CallInStore;
  readonly pacing: Pacing;
  readonly care: CareStore;
  readonly outages: Outages;
  /**
   * When what may wait a little is written: news of calls, notes of caller IDs, lines that are given back. Nobody looks
   * as closely, what is overtaken meanwhile is never written, and under load all of it goes to Redis with one write.
   */
  readonly beat: Beat;
  /** Resolves when the first try to connect to Redis succeeded or failed; soon in any case. */
  firstTried(): Promise<void>;
  /** Whether Redis answers now. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

/** Connects in the background; until that is done every method refuses with `store_unavailable`. */
export function createStore(options: {
  readonly redis: Config["redis"];
  readonly settings: Config["verification"];
  readonly care: Config["caller_id_care"];
  readonly clock: Clock;
  readonly logger: Logger;
}): Store {
  const { redis, settings, care, clock, logger } = options;
  const connection = createRedis(redis, logger);
  const run = createScriptRunner({ client: connection.client, scripts: loadScripts(settings), clock, logger });
  const beat = createBeat(clock, beatMs);
  const pacing = createPacing(run, beat);
  return {
    verifications: createVerificationStore(run, settings),
    callIns: createCallInStore(run),
    pacing,
    care: createCareStore(run, care),
    outages: createOutages(run),
    beat,
    firstTried: connection.firstTried,
    ping: connection.ping,
    async close() {
      // A place that is not given back is taken until its lease ends.
      await pacing.settled();
      await connection.close();
    },
  };
}
