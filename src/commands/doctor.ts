/**
 * `onering doctor`: looks at everything the gateway needs and says what to mend. Changes nothing and calls nobody, but with
 * `--canary`: then it calls the test number through each trunk, and takes trunks that alter the caller ID out of service.
 */

import { loadConfig } from "../config/load.ts";
import { examineAmi } from "../doctor/ami.ts";
import { examineAmiCalls } from "../doctor/ami-calls.ts";
import { examineAsterisk } from "../doctor/asterisk.ts";
import { type CanaryWishes, examineByCanary } from "../doctor/canary/command.ts";
import { describe, type Finding } from "../doctor/finding.ts";
import { examineInbound, provesCallers } from "../doctor/inbound.ts";
import { examineNumberFormats } from "../doctor/number-formats.ts";
import { examineOutages } from "../doctor/outages.ts";
import { examineRanges } from "../doctor/ranges.ts";
import { examineRedis } from "../doctor/redis.ts";
import { examineRoutes } from "../doctor/routes.ts";
import { amiOf, ariOf } from "../telephony/asterisk/access.ts";
import { asterisksOf } from "../telephony/trunks/routes.ts";

/**
 * @param wishes for the canary; null: none is sent
 * @returns 0 where the gateway can work, 1 where something must be mended first
 */
export async function doctor(configPath: string, wishes: CanaryWishes | null): Promise<number> {
  let failed = 0;
  const tell = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      if (finding.level === "fail") failed++;
      process.stdout.write(describe(finding));
    }
  };
  const config = await loadConfig({ path: configPath, env: process.env });
  tell([{ level: "ok", what: `${configPath} is a valid configuration`, mend: null }]);
  tell(examineRanges(config));
  tell(examineRoutes(config));
  tell(examineNumberFormats(config));
  tell(await examineRedis(config.redis));
  tell(await examineOutages(config));
  for (const [name, asterisk] of Object.entries(config.asterisks)) {
    const endpoints = Object.values(config.trunks)
      .filter((trunk) => asterisksOf(trunk).includes(name))
      .map((trunk) => trunk.endpoint);
    if (asterisk.driver === "asterisk-manager") tell(await examineAmiCalls(name, amiOf(asterisk)));
    else {
      const use = { capture: config.sip_capture !== undefined, inbound: provesCallers(name, config) };
      tell(await examineAsterisk(name, ariOf(asterisk), endpoints, use));
    }
    tell(await examineAmi(name, asterisk, endpoints));
    tell(await examineInbound(name, asterisk, config));
  }
  if (wishes !== null) for await (const finding of examineByCanary(config, wishes)) tell([finding]);
  process.stdout.write(failed === 0 ? "\nReady.\n" : `\n${failed} to mend.\n`);
  return failed === 0 ? 0 : 1;
}
