/** Gateways of two adjacent record versions on one Redis, and a downgrade past that. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { gatewayDocument } from "../../support/gateway.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis, type TestRedis } from "../../support/redis.ts";
import { careSettings, refusalOf } from "../verification/world.ts";

const runtime = withRuntime();
let redis: TestRedis;
let raw: Redis;
let stores: Store[];
let logLines: string[];

beforeEach(async () => {
  redis = await runtime.redis();
  raw = new Redis(redis.url);
  stores = [];
  logLines = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  raw.disconnect();
});

function open(own: number): Store {
  const logger = pino({}, { write: (line: string) => void logLines.push(line) });
  const config = patientRedis(redis.url);
  const store = createStore({ redis: config, reputation: careSettings, clock: manualClock(), own, logger });
  stores.push(store);
  return store;
}

const serves = async (store: Store) => {
  await store.firstTried();
  return store.ping();
};

it("lets adjacent versions work side by side, in whichever order they start", async () => {
  expect(await serves(open(4))).toBe(true);
  expect(await serves(open(5))).toBe(true);
  expect(await serves(open(4))).toBe(true);
  expect(await raw.get("{version}:records")).toBe("5");
  expect(await raw.pttl("{version}:records")).toBeGreaterThan(30 * 86_400_000);
});

it("refuses a downgrade past that: no start, not ready, no command, and a log line that says what to do", async () => {
  expect(await serves(open(6))).toBe(true);
  const old = open(4);
  await expect(old.firstTried()).rejects.toThrow("records of version 6");
  expect(await old.ping()).toBe(false);
  expect((await refusalOf(old.outages.look([]))).code).toBe("store_unavailable");
  expect(logLines.filter((line) => line.includes("versions 4 and 5 only; install the newer release"))).toHaveLength(1);
});

it("is written again after Redis came back empty", async () => {
  const store = open(5);
  expect(await serves(store)).toBe(true);
  await raw.flushall();
  await raw.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await expect.poll(() => store.ping(), { timeout: 5000 }).toBe(true);
  expect(await raw.get("{version}:records")).toBe("5");
});

it("keeps a whole gateway from starting", async () => {
  await raw.set("{version}:records", "99");
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  const config = resolveConfig({ name: "test", document: gatewayDocument({ redisUrl: redis.url, asterisk }), env: {} });
  const app = await buildApp(config, { logger: pino({ level: "silent" }) });
  await expect(app.start()).rejects.toThrow("records of version 99");
  await app.stop();
});
