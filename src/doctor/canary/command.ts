/** The test calls of `onering doctor --canary`. */

import { pino } from "pino";
import { createAuditWriter } from "../../audit/writer.ts";
import { isE164 } from "../../numbers/e164.ts";
import { auditedOutages } from "../../operations/audited-outages.ts";
import { systemClock } from "../../shared/clock.ts";
import { cryptoRandom } from "../../shared/random.ts";
import { createSealing } from "../../verification/sealing.ts";
import type { DoctorConfig } from "../config.ts";
import { type Finding, fail } from "../finding.ts";
import { openStore } from "../store.ts";
import type { CanaryConfig } from "./config.ts";
import { sendCanaries } from "./index.ts";

const system = { clock: systemClock, random: cryptoRandom } as const;

/** Command-line options; values that are not null override the configuration. */
export interface CanaryOptions {
  readonly number: string | null;
  readonly sandboxUrl: string | null;
  readonly dryRun: boolean;
  readonly takeOutLast: boolean;
}

export async function* examineByCanary(config: DoctorConfig, options: CanaryOptions): AsyncGenerator<Finding> {
  const canary = canaryOf(config, options);
  if (canary === null) {
    const fix =
      "Set `canary.number` and canary.inbound_trunk or canary.sandbox_url (docs/caller-ids.md), or --to and --sandbox.";
    yield fail("Canary: no test number, or nothing to listen with", fix);
    return;
  }
  const store = await openStore(config);
  if (store === null) {
    yield fail("Canary: Redis does not answer, so no trunk could be taken out of service", "See above.");
    return;
  }
  try {
    // The findings are sufficient; the log would only repeat them call by call.
    const logger = pino({ level: "silent" });
    yield* sendCanaries({
      config,
      canary,
      // The gateways move its entries to the records.
      arrivals: store.canaryArrivals(createSealing(cryptoRandom, config.secrets.hmac_key, config.secrets.sealing_key)),
      outages: auditedOutages(store.outages, createAuditWriter({ queue: store.audit, ...system, logger })),
      dryRun: options.dryRun,
      takeOutLast: options.takeOutLast,
      logger,
    });
  } finally {
    await store.close();
  }
}

/** Null where there is no number, or no listener for it. */
function canaryOf({ canary }: DoctorConfig, { number, sandboxUrl }: CanaryOptions): CanaryConfig | null {
  const test = number ?? canary?.number;
  if (!isE164(test)) return null;
  const wait_ms = canary?.wait_ms ?? 15_000;
  if (sandboxUrl !== null) return { number: test, sandbox_url: sandboxUrl, wait_ms };
  return canary === undefined ? null : { ...canary, number: test };
}
