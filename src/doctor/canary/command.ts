/** The canary as `onering doctor --canary` runs it. */

import { pino } from "pino";
import { isE164 } from "../../numbers/e164.ts";
import type { DoctorConfig } from "../config.ts";
import { type Finding, fail } from "../finding.ts";
import { openStore } from "../store.ts";
import type { CanaryConfig } from "./config.ts";
import { sendCanaries } from "./index.ts";

/** What the command line says, in place of the configuration where it is not null. */
export interface CanaryWishes {
  readonly number: string | null;
  readonly sandboxUrl: string | null;
  readonly dryRun: boolean;
}

export async function* examineByCanary(config: DoctorConfig, wishes: CanaryWishes): AsyncGenerator<Finding> {
  const canary = canaryOf(config, wishes);
  if (canary === null) {
    const mend = "Give `canary.number` and where it is heard (docs/caller-ids.md), or --to and --sandbox.";
    yield fail("Canary: no test number that can be heard", mend);
    return;
  }
  const store = await openStore(config);
  if (store === null) {
    yield fail("Canary: Redis does not answer, so no trunk could be taken out of service", "See above.");
    return;
  }
  try {
    // The findings say what matters; the log would be about single calls.
    const logger = pino({ level: "silent" });
    yield* sendCanaries({ config, canary, outages: store.outages, dryRun: wishes.dryRun, logger });
  } finally {
    await store.close();
  }
}

/** Null where there is no number, or nothing to hear it with. */
function canaryOf({ canary }: DoctorConfig, { number, sandboxUrl }: CanaryWishes): CanaryConfig | null {
  const test = number ?? canary?.number;
  if (!isE164(test)) return null;
  const wait_ms = canary?.wait_ms ?? 15_000;
  if (sandboxUrl !== null) return { number: test, sandbox_url: sandboxUrl, wait_ms };
  return canary === undefined ? null : { ...canary, number: test };
}
