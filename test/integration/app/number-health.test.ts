/** A number that is not in use, through the whole gateway: two carriers that answer 404, and no third call. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { createNumberHealth } from "../../../src/numbers/health/index.ts";
import { createStore } from "../../../src/redis/index.ts";
import { createSmsHttpStandIn } from "../../../src/sandbox/providers/http-sms.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { type Gateway, gatewayClient, startGateway } from "../../support/gateway.ts";
import { noHealthObserver } from "../../support/memory-health-store.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { withScenarios } from "../../support/scenarios.ts";
import type { SippCarrier } from "../../support/sipp.ts";
import { callsPlaced } from "../../support/sipp-log.ts";
import { testConfig } from "../../support/test-config.ts";

const runtime = withRuntime();
const writeScenario = withScenarios();
const [bankKey, operatorKey] = ["or_test-key-of-the-bank-of-this-test", "or_test-key-of-the-operator-here"];
const names = ["first", "second"] as const;
const dead = "+447400123456";
const hmacKey = "k3y-of-this-test-and-of-both-its-gateways-7Q";
const logger = pino({ level: "silent" });
const texts: string[] = [];
const timings = { deliveryMs: 5, receiptMs: 5, lateReceiptMs: 500 };
const aggregator = createSmsHttpStandIn({ clock: systemClock, random: cryptoRandom, logger, timings });
let carriers: readonly SippCarrier[];
let redis: Redis;
let redisUrl: string;
let gateway: Gateway;
let bank: ReturnType<typeof gatewayClient>;
let operator: ReturnType<typeof gatewayClient>;

beforeAll(async () => {
  const { url } = await runtime.redis();
  redisUrl = url;
  redis = new Redis(url);
  const scenario = await writeScenario([{ send: "404 Not Found" }, "ack"]);
  carriers = [await runtime.carrier({ scenario }), await runtime.carrier({ scenario })];
  const asterisk = await runtime.asterisk({
    trunks: names.map((name, i) => ({
      ...{ name, host: "127.0.0.1", port: carriers[i]?.port ?? 0, transport: "udp" as const, qualifySeconds: 0 },
    })),
  });
  aggregator.onMessage(({ to }) => void texts.push(to));
  await aggregator.start();
  const { sms } = aggregator.config() as { readonly sms: Record<string, unknown> };
  gateway = await startGateway({
    ...{ redisUrl: url, asterisk },
    config: {
      secrets: { hmac_key: hmacKey },
      sms: { ...sms, prefixes: [{ prefix: "+", routes: ["aggregator"] }] },
      trunks: Object.fromEntries(names.map((name) => [name, { asterisk: "local", endpoint: name, ranges: ["block"] }])),
      routes: [{ prefix: "+", trunks: [...names] }],
      apps: { bank: { api_keys_sha256: [apiKeyHash(bankKey)] } },
      admin: { api_keys_sha256: [apiKeyHash(operatorKey)] },
      verification: { start_gap_seconds: "0", workflow: [{ channel: "missed_call" }, { channel: "sms" }] },
    },
  });
  bank = gatewayClient(gateway.url, bankKey);
  operator = gatewayClient(gateway.url, operatorKey);
  await gateway.waitForHttp("/readyz", 200);
});
afterAll(async () => {
  await gateway?.stop();
  await aggregator.stop();
  redis?.disconnect();
});

const invites = async () => (await Promise.all(carriers.map((carrier) => carrier.messages()))).map(callsPlaced);
const healthOf = async (client: Pick<Gateway, "post">) =>
  (await client.post("/v1/numbers/lookup", { number: dead })).json.health;

it("is called once by two trunks, then refused without a call, for every app; overridden, in lookup, erased", async () => {
  const { id } = await gateway.start(dead);
  expect(await gateway.waitForStatus(id, ["undeliverable"])).toMatchObject({ reason: "unallocated" });
  expect(await invites()).toEqual([1, 1]);
  await expect.poll(() => healthOf(gateway), { timeout: 5000 }).not.toBeNull();

  const refused = await gateway.post("/v1/verifications", { to: dead });
  expect(refused.json).toMatchObject({
    ...{ status: 422, code: "number_inactive", age_days: 0 },
    detail: expect.stringMatching(/not in use, last today.*override: \["number_health"\]/),
  });
  expect((await bank.post("/v1/verifications", { to: dead })).json).toMatchObject({
    code: "number_inactive",
    age_days: 0,
  });
  expect(await invites()).toEqual([1, 1]);

  expect(await healthOf(gateway)).toEqual({ state: "unallocated", age_days: 0, confidence: 1, source: "call" });
  expect(await healthOf(bank)).toEqual({ state: "unallocated", age_days: 0, confidence: null, source: null });
  const own = (await redisContents(redis)).filter(({ key }) => key.startsWith("{h"));
  expect(own.length).toBeGreaterThan(0);
  expect(JSON.stringify(own)).not.toMatch(/7400123456|400123/);
  expect((await gateway.get("/metrics")).text).toMatch(/onering_number_health_evidence_total\{kind="unallocated"\} 2/);

  const insisted = await gateway.post("/v1/verifications", { to: dead, override: ["number_health"] });
  expect(insisted.status).toBe(201);
  await gateway.waitForStatus(String(insisted.json.id), ["undeliverable"]);
  expect(await invites()).toEqual([2, 2]);

  // What the second call taught is stored within a second or so, and would bring it back.
  await expect
    .poll(async () => (await gateway.get("/metrics")).text, { timeout: 5000 })
    .toMatch(/onering_number_health_evidence_total\{kind="unallocated"\} 4/);
  await expect.poll(() => redis.keys("{h*}:n").then((keys) => keys.length)).toBe(1);
  let cursor: unknown;
  do {
    const body = { to: dead, ...(typeof cursor === "string" && { cursor }) };
    const { json } = await operator.post("/v1/admin/subjects/erase", body);
    cursor = json.next;
  } while (typeof cursor === "string");
  expect(await redis.keys("{h*}:n")).toEqual([]);
  expect(await healthOf(gateway)).toBeNull();
  expect((await gateway.post("/v1/verifications", { to: dead })).status).toBe(201);
}, 60_000);

it("a start begins with a text where calls are answered early, as another gateway learned; not where the request names the call", async () => {
  const to = "+447400654321";
  const config = testConfig();
  const store = createStore({
    redis: patientRedis(redisUrl),
    ...{ reputation: config.caller_id_reputation, clock: systemClock, logger },
  });
  await store.firstTried();
  const other = createNumberHealth({
    ...{ config: () => config.number_health, hmacKey, store: store.health, clock: systemClock, logger },
    ...{ actionOf: () => "refuse", channelOf: () => undefined, observer: noHealthObserver },
  });
  const answers = names.map((via) => ({ via, kind: "answered_early" as const }));
  other.observe({ to, app: "test", atMs: Date.now(), source: "call", answers });
  await other.flush();
  await store.close();

  const { channel, deliveries } = await gateway.start(to);
  expect([channel, (deliveries as unknown[]).length]).toEqual(["sms", 1]);
  await expect.poll(() => texts).toEqual([to]);
  const named = await gateway.post("/v1/verifications", { to, channel: "missed_call" });
  expect(named.json.channel).toBe("missed_call");
  expect((await gateway.get("/metrics")).text).toMatch(
    /onering_number_health_reordered_total\{state="answers_early"\} 1/,
  );
});
