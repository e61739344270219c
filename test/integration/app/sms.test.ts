/** SMS in the whole gateway: over SMPP to a stand-in SMSC, with a real Redis. */
import { Writable } from "node:stream";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { createSmsHttpStandIn } from "../../../src/sandbox/providers/http-sms.ts";
import { type Smsc, type SmscDecision, type SmscMessage, startSmsc } from "../../../src/sandbox/providers/smsc.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";

const runtime = withRuntime();
const password = "Pa55-w0rd-9";
let app: App;
let gateway: ReturnType<typeof gatewayClient>;
let redis: Redis;
let logged = "";
let callee = 0;
/** A provider with an HTTP API. */
const aggregator = createSmsHttpStandIn({
  ...{ clock: systemClock, random: cryptoRandom, logger: createLogger({ level: "silent" }) },
  timings: { deliveryMs: 10, receiptMs: 10 },
});
/** The first route's SMSC and the second's. */
let smscs: readonly [Smsc, Smsc];
const phones: SmscMessage[] = [];
let decisions: [SmscDecision, SmscDecision];
const taken: SmscDecision = { answer: 0, receipts: [{ state: "DELIVRD", afterMs: 0 }] };

beforeAll(async () => {
  const { url: redisUrl } = await runtime.redis();
  redis = new Redis(redisUrl);
  const start = (index: 0 | 1) =>
    startSmsc({
      ...{ systemId: "onering", password, clock: systemClock },
      decide: () => decisions[index],
      onMessage: (message) => phones.push(message),
    });
  smscs = [await start(0), await start(1)];
  await aggregator.start();
  const route = ({ port }: Smsc, own: object = {}) => ({
    smpp: {
      ...{ response_timeout_ms: 1000, ...own },
      binds: {
        a: {
          host: "127.0.0.1",
          port,
          system_id: "onering",
          password,
          tls: { enabled: false },
          messages_per_second: 1000,
        },
      },
    },
    prices: [{ prefix: "+44", price: 0.031 }],
  });
  // No Asterisk: nothing listens there, and no message needs it.
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  const parts = { redisUrl, asterisk, config: { verification: { start_gap_seconds: "0" } } };
  const document = {
    ...gatewayDocument(parts),
    sms: {
      senders: [{ sender: "ACME" }],
      routes: { one: route(smscs[0]), two: route(smscs[1]), ...aggregatorRoutes() },
      prefixes: [
        { prefix: "+", routes: ["one", "two"] },
        { prefix: "+4474009", routes: ["one", "aggregator"] },
      ],
    },
  };
  function aggregatorRoutes() {
    const { sms } = aggregator.config() as { readonly sms: { readonly routes: Readonly<Record<string, object>> } };
    return sms.routes;
  }
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  app = await buildApp(resolveConfig({ name: "test", document, env: {} }), {
    logger: createLogger({ level: "debug" }, { stream }),
  });
  const { url } = await app.start();
  aggregator.setGateway?.(url);
  gateway = gatewayClient(url);
});
afterAll(async () => {
  await app.stop();
  for (const smsc of smscs) {
    expect(smsc.counts.get("unbind")).toBe(1);
    await smsc.close();
  }
  await aggregator.stop();
  redis.disconnect();
});
beforeEach(() => {
  decisions = [taken, taken];
});

async function start(request: Readonly<Record<string, unknown>> = {}) {
  const to = `+44740079${String(callee++).padStart(4, "0")}`;
  const started = await gateway.post("/v1/verifications", { to, channel: "sms", ...request });
  return { to, started, id: String(started.json.id) };
}
const look = async (id: string) => (await gateway.get(`/v1/verifications/${id}`)).json;
const delivery = async (id: string) => (await look(id)).delivery as Record<string, unknown>;
const shown = (to: string) => phones.filter((message) => message.to === to);
const codeIn = (to: string) => /\b\d{6,10}\b/.exec(shown(to).at(-1)?.text ?? "")?.[0];

test("a code arrives, is delivered by a receipt and verifies", async () => {
  const { started, id, to } = await start();
  expect(started.json).toMatchObject({
    channel: "sms",
    delivery: { sms: { route: "one", sender: "ACME", segments: 1 } },
  });
  await expect.poll(async () => (await delivery(id)).state).toBe("delivered");
  expect(await delivery(id)).toMatchObject({ sms: { route: "one", sender: "ACME", segments: 1, cost: 0.031 } });
  const { json } = await gateway.post(`/v1/verifications/${id}/check`, { code: codeIn(to) });
  expect(json).toMatchObject({ valid: true, status: "verified" });
  expect(shown(to)).toMatchObject([{ from: "ACME", segments: 1 }]);
});

test("a long message is one on the phone, and delivered when all its parts are", async () => {
  const { id, to } = await start({ locale: "ru" });
  await expect.poll(async () => (await delivery(id)).state).toBe("delivered");
  expect(await delivery(id)).toMatchObject({ sms: { segments: shown(to)[0]?.segments } });
  expect(shown(to)).toHaveLength(1);
  expect(shown(to)[0]?.text).toContain(codeIn(to));
});

describe("what the SMSC does × what becomes of the delivery", () => {
  test.each<[string, SmscDecision, SmscDecision, object, number]>([
    ["throttles: the other route takes it", { answer: 0x58 }, taken, { state: "delivered", sms: { route: "two" } }, 1],
    [
      "system error: the other route takes it",
      { answer: 0x08 },
      taken,
      { state: "delivered", sms: { route: "two" } },
      1,
    ],
    ["knows no such number", { answer: 0x0b }, taken, { state: "failed", reason: "invalid_recipient" }, 0],
    ["takes it and does not answer", { answer: "never" }, taken, { state: "failed", reason: "unknown_result" }, 1],
    [
      "takes it and breaks the connection",
      { answer: "break" },
      taken,
      { state: "failed", reason: "unknown_result" },
      1,
    ],
    [
      "says later that it was filtered",
      { answer: 0, receipts: [{ state: "REJECTD", afterMs: 0 }] },
      taken,
      { state: "failed", reason: "blocked" },
      1,
    ],
    [
      "says delivered, then failed: the first one counts",
      {
        answer: 0,
        receipts: [
          { state: "DELIVRD", afterMs: 0 },
          { state: "UNDELIV", afterMs: 20 },
        ],
      },
      taken,
      { state: "delivered" },
      1,
    ],
    [
      "says it before its answer",
      { answer: 0, answerDelayMs: 100, receipts: [{ state: "DELIVRD", afterMs: -100 }] },
      taken,
      { state: "delivered" },
      1,
    ],
  ])("%s", async (_what, first, second, expected, onPhone) => {
    await expect.poll(async () => (await gateway.get("/readyz")).text).toMatch(/one: one\.a bound(?!,)/);
    decisions = [first, second];
    const { id, to } = await start();
    await expect.poll(() => delivery(id)).toMatchObject(expected);
    expect(shown(to)).toHaveLength(onPhone);
  });
});

test("over SMPP throttled, then over HTTP, delivered by a signed receipt", async () => {
  await expect.poll(async () => (await gateway.get("/readyz")).text).toMatch(/one: one\.a bound(?!,)/);
  decisions = [{ answer: 0x58 }, taken];
  const { id } = await start({ to: "+447400912345" });
  await expect
    .poll(() => delivery(id))
    .toMatchObject({ state: "delivered", sms: { route: "aggregator", sender: "ACME", cost: null } });
});

test("down on all routes of a number: the start is refused, and the probe names what is down", async () => {
  for (const smsc of smscs) smsc.setReachable(false);
  await expect.poll(async () => (await start()).started.status).toBe(503);
  const { started } = await start();
  expect(started.json).toMatchObject({ code: "channel_unavailable" });
  const { json } = await gateway.get("/readyz");
  expect(json.channels).toContainEqual({
    ...{ channel: "sms", up: true },
    detail: expect.stringMatching(/^one: one\.a (?!bound).+; two: two\.a (?!bound).+; aggregator: ok$/),
  });
  for (const smsc of smscs) smsc.setReachable(true);
  await expect
    .poll(async () => (await gateway.get("/readyz")).text, { timeout: 20_000 })
    .toContain("one: one.a bound; two: two.a bound;");
  expect((await start()).started.status).toBe(201);
});

test("no code and no password is in an answer, in the log, in the metrics or in Redis", async () => {
  const answers: string[] = [];
  const codes: string[] = [];
  for (let times = 0; times < 10; times++) {
    const { id, to, started } = await start({ code_length: 10 });
    await expect.poll(async () => (await delivery(id)).state).toBe("delivered");
    answers.push(started.text, JSON.stringify(await look(id)));
    codes.push(codeIn(to) ?? "no code");
  }
  const kept = (await redisContents(redis)).map(({ key, content }) => `${key}\n${content}`).join("\n");
  const { text: metrics } = await gateway.get("/metrics");
  expect(metrics).toContain('onering_sms_submitted_total{route="one",status="ESME_ROK"}');
  const all = [...answers, kept, metrics, logged].join("\n");
  expect(codes.every((code) => /^\d{10}$/.test(code))).toBe(true);
  expect([...codes, password].filter((secret) => all.includes(secret))).toEqual([]);
});
