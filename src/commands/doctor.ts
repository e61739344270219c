/**
 * `onering doctor`: checks everything the gateway needs and reports what to fix. Changes nothing and places no
 * call, unless with `--canary`: that calls the test number through each trunk, and takes trunks with wrong codes out of
 * service.
 */
import { examineEmail } from "../channels/email/doctor.ts";
import { examinePush } from "../channels/push/doctor.ts";
import { examineSms } from "../channels/sms/doctor.ts";
import { examineWhatsApp } from "../channels/whatsapp/doctor.ts";
import { loadConfig } from "../config/load.ts";
import { type Config, numbersToCall } from "../config/schema.ts";
import { examineAmi } from "../doctor/ami.ts";
import { examineAmiCalls } from "../doctor/ami-calls.ts";
import { examineAriRights } from "../doctor/ari-rights.ts";
import { examineAsterisk } from "../doctor/asterisk.ts";
import { examineAsteriskFiles } from "../doctor/asterisk-files.ts";
import { type CanaryOptions, examineByCanary } from "../doctor/canary/command.ts";
import { conclusion, describe, type Finding, fail, hint, ok, warn } from "../doctor/finding.ts";
import { examineInbound, provesCallers } from "../doctor/inbound.ts";
import { examineMetadata } from "../doctor/metadata.ts";
import { examineNetworks } from "../doctor/networks.ts";
import { examineOpenFiles } from "../doctor/open-files.ts";
import { examineOutages } from "../doctor/outages.ts";
import { examineRedis } from "../doctor/redis.ts";
import { examineSipTrunks } from "../doctor/sip-trunks.ts";
import { examineVoice } from "../doctor/voice.ts";
import { whenQualified } from "../doctor/when-qualified.ts";
import { getCountryCallingCode, isSupportedCountry } from "../numbers/library.ts";
import { examineRecords } from "../records/doctor.ts";
import { systemClock } from "../shared/clock.ts";
import { cryptoRandom } from "../shared/random.ts";
import { version } from "../shared/version.ts";
import { promptTexts } from "../speech/texts.ts";
import { amiOf, ariOf } from "../telephony/asterisk/access.ts";
import { asterisksOf, endpointOf } from "../telephony/trunks/engines.ts";
import { examineConfig } from "./check.ts";

export interface DoctorOptions {
  /** Null: no test call is placed. */
  readonly canary: CanaryOptions | null;
  /** One JSON document at the end instead of lines as they come. */
  readonly json: boolean;
}

/** @returns 0 where the gateway can work, 1 where something must be fixed first */
export async function doctor(configPath: string, { canary, json }: DoctorOptions): Promise<number> {
  const findings: Finding[] = [];
  const config = await loadConfig({ path: configPath, env: process.env });
  for await (const finding of examine(configPath, config, canary)) {
    findings.push(finding);
    if (!json) process.stdout.write(describe(finding));
  }
  const ready = !findings.some(({ level }) => level === "fail");
  if (json) process.stdout.write(`${JSON.stringify({ ready, version, findings }, null, 2)}\n`);
  else process.stdout.write(`\n${conclusion(findings)}\n`);
  return ready ? 0 : 1;
}

async function* examine(path: string, config: Config, canary: CanaryOptions | null): AsyncGenerator<Finding> {
  yield ok(`${path} is a valid configuration`);
  yield* examineConfig(config);
  yield* examineMetadata(config.numbers.metadata_file, systemClock);
  yield* await examineNetworks(config.networks, systemClock);
  const redis = await examineRedis(config.redis);
  yield* redis;
  yield* await examineRecords(config.records, { ok, hint, warn, fail });
  if (config.sms !== undefined) {
    const countries = config.numbers.allowed_countries
      .filter((country) => isSupportedCountry(country))
      .map((country) => ({ country, callingCode: getCountryCallingCode(country) }));
    yield* await examineSms({ sms: config.sms, apps: Object.keys(config.apps), countries }, { ok, warn, fail });
  }
  for (const name of Object.keys(config.asterisks)) yield* await examineOneAsterisk(name, config);
  yield* await examineSipTrunks(config, { clock: systemClock, random: cryptoRandom });
  if (config.email !== undefined) yield* await examineEmail(config.email, { ok, hint, warn, fail });
  if (config.whatsapp) yield* await examineWhatsApp(config.whatsapp, systemClock);
  if (config.push) yield* await examinePush(config.push, { clock: systemClock, random: cryptoRandom });
  if (canary !== null) yield* examineByCanary(config, canary);
  // After the canary, which may take trunks out of service or put them back.
  // Not where Redis is unreachable: that would be one more wait for it.
  if (redis.some(({ level }) => level !== "fail")) yield* await examineOutages(config);
}

async function examineOneAsterisk(name: string, config: Config): Promise<readonly Finding[]> {
  const asterisk = config.asterisks[name];
  if (asterisk === undefined) return [];
  const endpoints = Object.entries(config.trunks)
    .filter(([, trunk]) => asterisksOf(trunk).includes(name))
    .map(([trunkName, trunk]) => endpointOf(trunkName, trunk));
  const inbound = { trunks: config.trunks, ranges: config.ranges, numbers: numbersToCall(config) };
  const overAmi = () => examineAmi(name, asterisk, endpoints);
  const rest = async () => [
    ...(await examineAsteriskFiles(name, asterisk, config.sip_capture)),
    ...(await examineOpenFiles(name, asterisk)),
    ...(await examineInbound(name, asterisk, inbound)),
  ];
  if (asterisk.driver === "asterisk-manager") {
    const calls = await examineAmiCalls(name, amiOf(asterisk));
    const silent =
      config.voice === undefined
        ? []
        : [
            warn(
              `Asterisk ${name}: no voice calls over it, its driver cannot play sounds`,
              "Use an ARI driver for it.",
            ),
          ];
    // Where its login or rights fail, the other checks over AMI would repeat that.
    return calls.some(({ level }) => level === "fail")
      ? [...silent, ...calls]
      : [...silent, ...calls, ...(await overAmi()), ...(await rest())];
  }
  const ari = ariOf(asterisk);
  const use = { capture: config.sip_capture !== undefined, inbound: provesCallers(name, inbound) };
  await whenQualified(name, ari, { endpoints, say: (text) => process.stderr.write(`${text}\n`) });
  return [
    ...(await examineAsterisk(name, ari, endpoints, use)),
    ...(await examineAriRights(name, ari)),
    ...(config.voice === undefined
      ? []
      : await examineVoice(name, ari, Object.keys(promptTexts), config.voice.confirm_key !== null)),
    ...(await overAmi()),
    ...(await rest()),
  ];
}
