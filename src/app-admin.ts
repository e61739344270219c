/** The composition root of commands that change apps and keys: in the records and the mirror, beside gateways that run, which know a change within a second. */
import { pino } from "pino";
import { createAppDirectory } from "./apps/directory.ts";
import { createKeptApps } from "./apps/index.ts";
import type { AppsService } from "./apps/service.ts";
import { createAuditWriter } from "./audit/writer.ts";
import { loadConfig } from "./config/load.ts";
import { problemsOfProfile } from "./config/profile-problems.ts";
import { createAppStore } from "./records/apps.ts";
import type { RecordsConfig } from "./records/config.ts";
import { inspect } from "./records/inspect.ts";
import { createRecords, type Records } from "./records/records.ts";
import { describeTarget, readTarget } from "./records/target.ts";
import { createWebhookStore } from "./records/webhooks.ts";
import { createStore, type Store } from "./redis/index.ts";
import { systemClock } from "./shared/clock.ts";
import { cryptoRandom } from "./shared/random.ts";
import { Refusal } from "./shared/refusal.ts";
import { createSealing } from "./verification/sealing.ts";

/** Of the audit log. */
const who = "command onering";

/**
 * Opens records and Redis, does something and closes them.
 * @throws {ConfigError}
 * @throws {Error} that says what an operator does about it
 */
export async function withApps<T>(path: string, use: (apps: AppsService) => Promise<T>): Promise<T> {
  const config = await loadConfig({ path, env: process.env });
  const clock = systemClock;
  const logger = pino({ level: "silent" });
  await refuseUnprepared(config.records);
  const { redis, caller_id_reputation: reputation, events } = config;
  const store = createStore({ redis, reputation, events, clock, logger });
  // Without a lease: a gateway that runs holds it, and both may write to one SQLite file. It migrates nothing.
  const records = createRecords({
    ...{ config: { ...config.records, migrate: "by_command" }, clock, random: cryptoRandom, logger },
  });
  try {
    await store.firstTried();
    await records.start();
    const kept = createKeptApps({
      directory: createAppDirectory({
        ...{ configured: config.apps, clock },
        sealing: createSealing(cryptoRandom, config.secrets.hmac_key, config.secrets.sealing_key),
      }),
      ...{ store: createAppStore(records), mirror: store.appMirror, isRecording: true },
      audit: createAuditWriter({ queue: store.audit, clock, random: cryptoRandom, logger }),
      problemsOf: (name, profile) => problemsOfProfile(name, profile, config),
      removeRest: (app) => removeEndpoints(app, store, records),
      keptDays: Math.max(...Object.values(config.records.retention)),
      ...{ clock, random: cryptoRandom, logger },
    });
    await kept.fill();
    return await use(kept.service(who));
  } catch (error) {
    throw error instanceof Refusal ? new Error(inWords(error, records)) : error;
  } finally {
    await Promise.allSettled([records.close(), store.close()]);
  }
}

/** A file in another folder would be made anew, and gateways would not have it. */
async function refuseUnprepared(config: RecordsConfig): Promise<void> {
  const target = readTarget(config.url);
  if (target.backend === "off") throw new Error("apps and keys are kept in records, and records.url is off");
  const { schema } = await inspect(target, config);
  if (schema.missing.length === 0) return;
  const where = describeTarget(target);
  throw new Error(
    `${where} lacks ${schema.missing.join(", ")}; run onering migrate, in the gateway's working directory`,
  );
}

async function removeEndpoints(app: string, { webhookMirror, webhookQueue }: Store, records: Records): Promise<void> {
  const endpoints = createWebhookStore(records);
  // What it delivers is the gateways' business: here queues are only removed.
  const none = { longestMs: 1, mostQueued: 1, mostDead: 1, triesKept: 1, claimMs: 1 };
  const queue = webhookQueue(none, { token: () => "", jitter: () => 1 });
  for (const { id } of (await endpoints.endpoints()).filter((one) => one.app === app)) {
    await endpoints.removeEndpoint(id);
    await webhookMirror.remove(id);
    await queue.remove(id);
  }
}

function inWords({ code, detail }: Refusal, records: Records): string {
  if (code === "store_unavailable") return "Redis does not answer (redis.url); nothing was done unless records say so";
  return code === "records_unavailable" ? `records cannot be reached: ${records.state().why}` : detail;
}
