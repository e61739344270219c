/** A gateway without telephony, with two apps, an operator and message channels in memory, and all that it keeps as text. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { buildApp } from "../../../src/app.ts";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { readAddress } from "../../../src/channels/email/address.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { Records } from "../../../src/records/records.ts";
import { memoryChannel, memoryProvider } from "../../support/memory-provider.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { leastConfig } from "../../support/test-config.ts";

export const keys = { shop: "or_key-of-shop", bank: "or_key-of-bank", operator: "or_key-of-anna" } as const;

export type SubjectGateway = Awaited<ReturnType<typeof startSubjectGateway>>;

export async function startSubjectGateway(
  redisUrl: string,
  recordsUrl: string,
  more: Readonly<Record<string, unknown>> = {},
) {
  const provider = memoryProvider();
  const second = memoryProvider();
  let log = "";
  const write = (line: string) => {
    log += line;
  };
  const app = (key: string) => ({ api_keys_sha256: [apiKeyHash(key)], mixed_proofs: true, needs_person: false });
  const document = {
    ...leastConfig(),
    http: { port: 0, shed_at_delay_ms: 10_000, shutdown_linger_ms: 0 },
    redis: { url: redisUrl, command_timeout_ms: 5000 },
    records: { url: recordsUrl, migrate: "on_start" },
    apps: { shop: { ...app(keys.shop), custom_code: true }, bank: app(keys.bank) },
    admin: { api_keys_sha256: [apiKeyHash(keys.operator)] },
    verification: { start_gap_seconds: 0 },
    calls: { drain_ms: 100 },
    // Receivers are on this machine.
    webhooks: { allow_private: true },
    ...more,
  };
  const gateway = await buildApp(resolveConfig({ name: "test", document, env: {} }), {
    logger: pino({ level: "debug" }, { write }),
    extraMessageChannels: [
      memoryChannel(provider),
      memoryChannel(second, "second"),
      { ...memoryChannel(memoryProvider(), "letter"), proves: "email", form: "email", readRecipient: readAddress },
    ],
  });
  const { url } = await gateway.start();
  const redis = new Redis(redisUrl);

  async function ask(who: keyof typeof keys, method: string, path: string, body?: object, idempotencyKey?: string) {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${keys[who]}`,
        ...(body && { "content-type": "application/json" }),
        ...(idempotencyKey && { "idempotency-key": idempotencyKey }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    return { status: response.status, json: (await response.json()) as Record<string, never> };
  }

  return {
    ...{ url, provider, second, redis, ask, log: () => log },
    /** All rows of the tables that hold something of somebody. */
    async rows(records: Records) {
      const tables = [
        "events",
        "subjects",
        "cdrs",
        "audit",
        "webhook_dead_letters",
        "webhook_endpoints",
        "opt_outs",
        "guard_lists",
        "guard_decisions",
      ] as const;
      const all = await records.read((db) =>
        Promise.all(tables.map((name) => db.selectFrom(name).selectAll().execute())),
      );
      return JSON.stringify(all);
    },
    /** All that Redis holds, keys included. */
    async contents() {
      const kept = await redisContents(redis);
      return kept.map(({ key, content }) => `${key} ${content}`).join("\n");
    },
    /** Sends a request about somebody until it is complete. @returns the answers */
    async whole(what: "export" | "erase", to: string, country?: string) {
      const answers: Record<string, never>[] = [];
      for (let cursor: string | null = null, request = 0; request < 100; request++) {
        const path = `/v1/admin/subjects/${what}`;
        const whom = { to, ...(country && { country }) };
        const { status, json } = await ask("operator", "POST", path, cursor === null ? whom : { ...whom, cursor });
        if (status !== 200) throw new Error(`${status} ${JSON.stringify(json)}`);
        answers.push(json);
        cursor = json.next ?? null;
        if (cursor === null) return answers;
      }
      throw new Error("it never ends");
    },
    async stop() {
      await gateway.stop();
      await redis.quit();
    },
  };
}
