/** The webhooks of a gateway on a real Redis, without the rest of it. */
import pino from "pino";
import type { StoredEvent } from "../../../src/events/sink-port.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createSealing } from "../../../src/verification/sealing.ts";
import type { WebhooksConfig } from "../../../src/webhooks/config.ts";
import { createWebhooks, type WebhookModule, type WebhookParts } from "../../../src/webhooks/index.ts";
import type { WebhookResult } from "../../../src/webhooks/observer-port.ts";
import type { WebhookStore } from "../../../src/webhooks/store-port.ts";

export const webhooksConfig: WebhooksConfig = {
  ...{ allow_private: true, deadline_ms: 500, retry_hours: 24, concurrency: 256, concurrency_per_endpoint: 32 },
  ...{ endpoints_per_app: 10, queue_max: 10_000, disable_after_hours: 120, secret_overlap_seconds: 86_400 },
  tries_kept: 500,
};
export const hmacKey = "k".repeat(32);

export interface WebhookGateway extends WebhookModule {
  readonly redis: Store;
  readonly results: Map<WebhookResult, number>;
  readonly disabled: { readonly webhook: string; readonly reason: string; readonly app: string | null }[];
  readonly logged: () => string;
  end(): Promise<void>;
}

export async function startWebhooks(options: {
  readonly redisUrl: string;
  readonly store: WebhookStore;
  readonly config?: Partial<WebhooksConfig>;
  readonly parts?: Partial<Pick<WebhookParts, "resolve" | "delaysMs" | "claimMs">>;
}): Promise<WebhookGateway> {
  let logged = "";
  const logger = pino(
    { level: "debug" },
    {
      write(line: string) {
        logged += line;
      },
    },
  );
  const clock = systemClock;
  const redis = createStore({
    redis: { url: options.redisUrl, command_timeout_ms: 2000 },
    reputation: {} as Parameters<typeof createStore>[0]["reputation"],
    ...{ clock, logger },
  });
  await redis.firstTried();
  const results = new Map<WebhookResult, number>();
  const disabled: { webhook: string; reason: string; app: string | null }[] = [];
  const webhooks = createWebhooks({
    config: { ...webhooksConfig, ...options.config },
    queue: redis.webhookQueue,
    mirror: redis.webhookMirror,
    store: options.store,
    sealing: createSealing(cryptoRandom, hmacKey),
    outbox: {
      async publish(_type, data, app) {
        disabled.push({ ...(data as { webhook: string; reason: string }), app });
      },
    },
    observer: {
      result: (result, count) => results.set(result, (results.get(result) ?? 0) + count),
      delivered: () => undefined,
      disabled: () => undefined,
    },
    ...{ clock, random: cryptoRandom, logger },
    delaysMs: [100, 200, 400, 800],
    ...options.parts,
  });
  webhooks.start();
  return {
    ...webhooks,
    ...{ redis, results, disabled, logged: () => logged },
    async end() {
      await webhooks.stop();
      await redis.close();
    },
  };
}

let position = 0;

/** An event of a verification as the outbox has it. */
export function storedEvent(app: string, verification: string, seq: number, type = "delivery.updated"): StoredEvent {
  position += 1;
  const data = {
    verification,
    reference: null,
    status: "sending",
    number: 1,
    channel: "sms",
    to: "+447400123456",
    seq,
  };
  const event = { id: `evt_${verification}_${seq}`, type, at: "2026-03-01T12:00:00.000Z", seq, app, data };
  return { shard: shardOf(verification), position: `1-${position}`, event, ended: null } as unknown as StoredEvent;
}

function shardOf(verification: string): number {
  let sum = 0;
  for (const letter of verification) sum = (sum * 31 + letter.charCodeAt(0)) % 64;
  return sum;
}
