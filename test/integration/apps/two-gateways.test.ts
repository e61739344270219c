/**
 * Apps and keys on two gateways with one Redis and one place of records, as their HTTP servers answer. On real records they are
 * changed in test/integration/records/apps.test.ts and by the commands.
 */
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { createAppDirectory } from "../../../src/apps/directory.ts";
import { createKeptApps } from "../../../src/apps/index.ts";
import type { AppsService } from "../../../src/apps/service.ts";
import type { AppStore } from "../../../src/apps/store-port.ts";
import { createAuditWriter } from "../../../src/audit/writer.ts";
import { createStore } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { memoryApps } from "../../support/memory-app-store.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { openSse } from "../../support/sse-client.ts";
import { testConfig } from "../../support/test-config.ts";
import { ask, testServer } from "../../unit/http/support.ts";

const knownWithinMs = 1000;
const runtime = withRuntime();
let url = "";
let redis: Redis;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  url = (await runtime.redis()).url;
});
beforeEach(async () => {
  redis = new Redis(url);
  await redis.flushall();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  redis.disconnect();
});

async function gateway(appStore: AppStore) {
  const logger = pino({ level: "silent" });
  const clock = systemClock;
  const { redis: settings, caller_id_reputation: reputation } = testConfig();
  const store = createStore({ redis: { ...settings, url }, reputation, clock, logger });
  await store.firstTried();
  const directory = createAppDirectory({ configured: {}, clock });
  const kept = createKeptApps({
    ...{ directory, store: appStore, mirror: store.appMirror, isRecording: true, keptDays: 90 },
    audit: createAuditWriter({ queue: store.audit, clock, random: cryptoRandom, logger }),
    problemsOf: () => [],
    removeRest: async () => undefined,
    ...{ clock, random: cryptoRandom, logger },
  });
  const { server, log } = await testServer({ directory });
  await kept.load();
  kept.start();
  closing.push(store.close, kept.stop);
  const status = async (key: string) => {
    const headers = { authorization: `Bearer ${key}` };
    return (await ask(server, "POST", "/v1/numbers/lookup", { number: "+447911123456" }, headers)).status;
  };
  return { apps: kept.service("key test"), directory, server, log, status };
}

/** How long until the key is answered so. @throws after five times the bound */
async function until(one: { status(key: string): Promise<number> }, key: string, status: number): Promise<number> {
  const beganMs = performance.now();
  await vi.waitFor(async () => expect(await one.status(key)).toBe(status), {
    timeout: 5 * knownWithinMs,
    interval: 20,
  });
  return performance.now() - beganMs;
}

async function appWithKey(apps: AppsService, name = "shop", more: Partial<Parameters<AppsService["addKey"]>[1]> = {}) {
  await apps.create(name, {});
  const made = await apps.addKey(name, { scopes: ["lookup", "read"], expiresAtMs: null, ...more });
  if (made === null) throw new Error("no key was made");
  return made;
}

describe("apps on two gateways", () => {
  it("an app and its key are used at the other gateway, and refused there when revoked, within a second each", async () => {
    const records = memoryApps().store;
    const [a, b] = [await gateway(records), await gateway(records)];
    const made = await appWithKey(a.apps);
    expect(await a.status(made.key)).toBe(200);
    expect(await until(b, made.key, 200)).toBeLessThan(knownWithinMs);
    await a.apps.revokeKey("shop", made.id);
    expect(await a.status(made.key)).toBe(401);
    expect(await until(b, made.key, 401)).toBeLessThan(knownWithinMs);
  });

  it("Redis that lost its data is filled again from records, and no key stops meanwhile", async () => {
    const records = memoryApps().store;
    const a = await gateway(records);
    const made = await appWithKey(a.apps);
    const revoked = await a.apps.addKey("shop", { scopes: ["lookup"], expiresAtMs: null });
    await a.apps.revokeKey("shop", revoked?.id ?? "");
    await redis.flushall();
    const seen = new Set<number>();
    await vi.waitFor(
      async () => {
        seen.add(await a.status(made.key));
        expect(await redis.hexists("{apps}:rows", "shop")).toBe(1);
      },
      { timeout: 5000, interval: 20 },
    );
    expect([...seen]).toEqual([200]);
    // A gateway that starts now knows what the records know.
    const b = await gateway(records);
    expect([await b.status(made.key), await b.status(revoked?.key ?? "")]).toEqual([200, 401]);
  });
});

it("a gateway that starts while records are away has all apps from Redis", async () => {
  const memory = memoryApps();
  const a = await gateway(memory.store);
  const made = await appWithKey(a.apps);
  memory.away.records = true;
  const b = await gateway(memory.store);
  expect(await b.status(made.key)).toBe(200);
});

it("an older copy of Redis' data brings no revoked key back, and is corrected from records", async () => {
  const { store } = memoryApps();
  const a = await gateway(store);
  const made = await appWithKey(a.apps);
  const keys = ["rows", "revisions", "order", "version"].map((name) => `{apps}:${name}`);
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  await a.apps.revokeKey("shop", made.id);
  // It has read its own change back.
  await a.apps.find("shop");
  await Promise.all(keys.map((key, i) => redis.restore(key, 0, dumps[i] as Buffer, "REPLACE")));
  const seen = new Set<number>();
  await vi.waitFor(
    async () => {
      seen.add(await a.status(made.key));
      expect(await redis.hget("{apps}:revisions", "shop")).toBe("3");
    },
    { timeout: 5000, interval: 20 },
  );
  expect([...seen]).toEqual([401]);
  expect(await (await gateway(store)).status(made.key)).toBe(401);
});

it("an older backup of the records brings no revoked key back", async () => {
  const { store, kept } = memoryApps();
  const a = await gateway(store);
  const made = await appWithKey(a.apps);
  const before = kept.get("shop");
  await a.apps.revokeKey("shop", made.id);
  if (before !== undefined) kept.set("shop", before);
  const b = await gateway(store);
  await vi.waitFor(() => expect(kept.get("shop")?.keys).toEqual([]), { timeout: 5000 });
  expect(await b.status(made.key)).toBe(401);
});

it("while Redis does not answer every known key goes on, and an expired one ends all the same", async () => {
  const { store } = memoryApps();
  const a = await gateway(store);
  const made = await appWithKey(a.apps);
  const short = await a.apps.addKey("shop", { scopes: ["lookup"], expiresAtMs: Date.now() + 400 });
  expect(await a.status(short?.key ?? "")).toBe(200);
  await redis.call("CLIENT", "PAUSE", "1500", "ALL");
  await until(a, short?.key ?? "", 401);
  expect(await a.status(made.key)).toBe(200);
});

it("10,000 apps are read by a gateway that starts, in parts", async () => {
  const { store } = memoryApps();
  const rows = Array.from({ length: 10_000 }, (_, i) => ({
    ...{
      name: `app${i}`,
      profile: { channels: ["sms"] },
      createdAtMs: 1,
      updatedAtMs: 1,
      deletedAtMs: null,
      revision: 1,
    },
    keys: [
      { id: `key_${i}`, hash: apiKeyHash(`or_${i}`), scopes: ["lookup" as const], createdAtMs: 1, expiresAtMs: null },
    ],
  }));
  const { redis: settings, caller_id_reputation: reputation } = testConfig();
  const filler = createStore({
    ...{ redis: { ...settings, url }, reputation, clock: systemClock, logger: pino({ level: "silent" }) },
  });
  closing.push(filler.close);
  await filler.firstTried();
  for (let i = 0; i < rows.length; i += 500) {
    await Promise.all(rows.slice(i, i + 500).map((row) => filler.appMirror.put(row)));
  }
  for (const row of rows) await store.put(row);
  const a = await gateway(store);
  expect([a.directory.size, await a.status("or_9999"), await a.status("or_10000")]).toEqual([10_000, 200, 401]);
  await a.apps.addKey("app5", { scopes: ["lookup"], expiresAtMs: null });
});

describe("event streams", () => {
  it("end within a second of the revocation of their key at another gateway; others go on", async () => {
    const { store } = memoryApps();
    const [a, b] = [await gateway(store), await gateway(store)];
    const [made, other] = [await appWithKey(a.apps), await appWithKey(a.apps, "bank")];
    await until(b, made.key, 200);
    await until(b, other.key, 200);
    const base = await b.server.listen({ host: "127.0.0.1", port: 0 });
    const [mine, banks] = [
      await openSse(`${base}/v1/events`, { key: made.key }),
      await openSse(`${base}/v1/events`, { key: other.key }),
    ];
    expect([mine.status, banks.status]).toEqual([200, 200]);
    let isOver = false;
    void banks.ended.then(() => {
      isOver = true;
    });
    const beganMs = performance.now();
    await a.apps.revokeKey("shop", made.id);
    expect(await mine.ended).toBe(false);
    expect(performance.now() - beganMs).toBeLessThan(knownWithinMs);
    expect(isOver).toBe(false);
    expect(b.log.join("")).toMatch(/"why":"revoked"/);
    banks.close();
  });
});

it("no key stands in Redis, in the records' rows or in the log; its hash in no answer", async () => {
  const memory = memoryApps();
  const a = await gateway(memory.store);
  const made = await appWithKey(a.apps);
  await a.status(made.key);
  await a.status(`${made.key}x`);
  const rotated = await a.apps.rotateKey("shop", made.id, { overlapMs: 60_000 });
  const kept = JSON.stringify([await redisContents(redis), [...memory.kept], a.log]);
  for (const key of [made.key, rotated?.key.key ?? "none"]) expect(kept).not.toContain(key);
  expect(a.log.join("")).not.toContain(made.hash);
});
