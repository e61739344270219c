/** Answers of live sources and their budgets on a real Redis. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { Value } from "typebox/value";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { type NetworksConfig, NetworksSection } from "../../../src/numbers/networks/config.ts";
import { createNetworks } from "../../../src/numbers/networks/index.ts";
import type { Network } from "../../../src/numbers/networks/types.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { networkSubjects } from "../../../src/redis/network-store.ts";
import { cryptoRandom as random } from "../../../src/shared/random.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { testConfig } from "../../support/test-config.ts";

const runtime = withRuntime();
const clock = manualClock();
const logger = pino({ level: "silent" });
const hash = (e164: string) => createHashes("a key of 32 characters and some more").scope("network", e164);
const number = "+628121234567";
const network: Network = { name: "Indosat Ooredoo Hutchison", mccMnc: "51021", source: "enum", ported: true };
let redis: RedisServer;
let raw: Redis;
let store: Store;

beforeAll(async () => {
  redis = await runtime.redis();
  raw = new Redis(redis.url);
  const { caller_id_reputation: reputation } = testConfig();
  store = createStore({
    redis: patientRedis(redis.url),
    reputation,
    clock,
    testTime: true,
    logger,
  });
  await store.firstTried();
});
afterAll(async () => {
  raw.disconnect();
  await store.close();
});

it("keeps an answer, also that no source knows the number, until its time is over or it is erased", async () => {
  const { networks } = store;
  expect(await networks.read(hash(number))).toBeUndefined();
  for (const found of [
    network,
    { ...network, name: null, ported: null },
    { ...network, mccMnc: null, ported: false },
    null,
  ]) {
    await networks.keep(hash(number), found, 60_000);
    expect(await networks.read(hash(number))).toEqual({ found, leftMs: expect.any(Number) });
  }
  expect((await networks.read(hash(number)))?.leftMs).toBeGreaterThan(50_000);
  expect([await networks.forget(hash(number)), await networks.forget(hash(number))]).toEqual([true, false]);
  expect(await networks.read(hash(number))).toBeUndefined();
});

it("takes lookups from the budget of a minute and of a day, of each source by itself", async () => {
  const take = (source: "enum" | "http" = "http") => store.networks.take(source, 2, 3);
  expect([await take(), await take(), await take(), await take("enum")]).toEqual([true, true, false, true]);
  clock.advance(60_000);
  expect([await take(), await take()]).toEqual([true, false]);
  clock.advance(86_400_000);
  expect(await take()).toBe(true);
});

it("an answer is known by another gateway, no number is readable in Redis, and erasing reaches it", async () => {
  const section = Value.Default(NetworksSection, { enum: { zone: "enum.test", servers: ["127.0.0.1"] } });
  const gateway = () =>
    createNetworks({
      ...{
        config: section as NetworksConfig,
        store: store.networks,
        hash,
        observer: { asked: () => undefined, cache: () => undefined },
        clock,
        random,
        logger,
      },
      sources: () => [
        {
          ...{ name: "enum", deadlineMs: 100, health: () => ({ up: true, detail: "" }), close: () => undefined },
          ask: async () => ({ kind: "answered", network }),
        },
      ],
    });
  const [one, other] = [gateway(), gateway()];
  expect(await one.find(number, 2000)).toEqual(network);
  expect(other.known(number)?.source).toBe("original");
  expect(await other.find(number, 2000)).toEqual(network);
  const dump = JSON.stringify(await redisContents(raw));
  expect(dump).toContain("Indosat");
  for (const part of [number.slice(1), number.slice(-7)]) expect(dump).not.toContain(part);

  const subjects = networkSubjects(store.networks, hash, one.forget);
  const subject = { to: number, hash: "", verifications: new Set<string>(), is: () => true };
  const view = { name: network.name, mcc_mnc: "51021", source: "enum", ported: true };
  expect(await subjects.export(subject, null)).toEqual({ items: [view], next: null });
  expect(await subjects.erase(subject, null)).toEqual({ erased: 1, next: null });
  expect([one.known(number)?.source, await raw.keys("net:*")]).toEqual(["original", []]);
});
