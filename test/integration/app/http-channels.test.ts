/** WhatsApp, push and SMS over HTTP in the whole gateway: from the request to the person's phone and back, failures and receipts included. */
import { createHmac } from "node:crypto";
import { Writable } from "node:stream";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/config/schema.ts";
import type { GatewayEvent } from "../../../src/events/events.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { createFcmStandIn } from "../../../src/sandbox/providers/google.ts";
import { createSmsHttpStandIn } from "../../../src/sandbox/providers/http-sms.ts";
import { createMetaStandIn } from "../../../src/sandbox/providers/meta.ts";
import { statusWebhook } from "../../../src/sandbox/providers/meta-server.ts";
import type { FailureKind, StandIn, StandInMessage } from "../../../src/sandbox/providers/provider.ts";
import { createWebPushStandIn } from "../../../src/sandbox/providers/web-push.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { memoryChannel, memoryProvider } from "../../support/memory-provider.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const arrived: StandInMessage[] = [];
/** By a part of the recipient. */
const failing = new Map<string, FailureKind>();
const receiptResults: string[] = [];
let logged = "";
let standIns: { readonly [name in "meta" | "fcm" | "webPush" | "aggregator"]: StandIn };
let config: Config;
let app: App;
let raw: Redis;
let gateway: ReturnType<typeof gatewayClient>;
let callee = 0;
const somebody = () => `+44740078${String(callee++).padStart(4, "0")}`;

beforeAll(async () => {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  const logger = createLogger({ level: "debug" }, { stream });
  const timings = { deliveryMs: 5, receiptMs: 5, lateReceiptMs: 500 };
  const parts = { clock: systemClock, random: cryptoRandom, logger, timings };
  standIns = {
    ...{ meta: createMetaStandIn(parts), aggregator: createSmsHttpStandIn(parts) },
    ...{ fcm: createFcmStandIn(parts), webPush: createWebPushStandIn(parts) },
  };
  for (const standIn of Object.values(standIns)) {
    standIn.onMessage((message) => arrived.push(message));
    standIn.setFailure((to) => [...failing].find(([part]) => part.includes(to))?.[1] ?? null);
    await standIn.start();
  }
  const { url: redisUrl } = await runtime.redis();
  raw = new Redis(redisUrl);
  // No Asterisk: nothing listens there, and no message needs it.
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  const [fcm, webPush] = [standIns.fcm.config(), standIns.webPush.config()].map(({ push: own }) => own as object);
  const { sms } = standIns.aggregator.config() as { readonly sms: object };
  const document = {
    ...gatewayDocument({ redisUrl, asterisk, config: { verification: { start_gap_seconds: "0" } } }),
    ...standIns.meta.config(),
    push: { ...fcm, ...webPush },
    sms: { ...sms, prefixes: [{ prefix: "+", routes: ["aggregator"] }] },
  };
  config = resolveConfig({ name: "test", document, env: {} });
  app = await buildApp(config, {
    logger,
    extraMessageChannels: [memoryChannel(memoryProvider())],
    onEvent(event: GatewayEvent) {
      if (event.type === "message.receipt") receiptResults.push(event.data.result);
    },
  });
  const { url } = await app.start();
  for (const standIn of Object.values(standIns)) standIn.setGateway?.(url);
  gateway = gatewayClient(url);
});
afterAll(async () => {
  await app.stop();
  raw.disconnect();
  for (const standIn of Object.values(standIns)) await standIn.stop();
});

interface Shown extends Record<string, unknown> {
  readonly delivery: Readonly<Record<string, unknown>>;
  readonly deliveries: readonly Readonly<Record<string, unknown>>[];
}
async function start(body: object): Promise<string> {
  const answer = await gateway.post("/v1/verifications", body);
  expect(answer.status, answer.text).toBe(201);
  return String(answer.json.id);
}
const look = async (id: string) => (await gateway.get(`/v1/verifications/${id}`)).json as Shown;
const delivery = async (id: string) => (await look(id)).delivery;
async function codeFor(to: string): Promise<string> {
  await expect.poll(() => arrived.some((message) => message.to === to)).toBe(true);
  return /\d{4,10}/.exec(arrived.findLast((message) => message.to === to)?.text ?? "")?.[0] ?? "";
}

describe("WhatsApp", () => {
  it("from the request to the phone, the receipt and the code", async () => {
    const to = somebody();
    const id = await start({ to, channel: "whatsapp", locale: "pt-BR" });
    await expect
      .poll(() => delivery(id))
      .toMatchObject({
        ...{ channel: "whatsapp", state: "delivered" },
        whatsapp: { sender: "sandbox", template: "verification_code", language: "pt_BR", cost: null, error_code: null },
      });
    const { json } = await gateway.post(`/v1/verifications/${id}/check`, { code: await codeFor(to) });
    expect(json).toMatchObject({ valid: true, status: "verified" });
  });

  it.each([
    ["not_reachable", "not_reachable"],
    ["failed_receipt", "not_reachable"],
    ["blocked", "blocked"],
    ["throttled", "throttled"],
    ["down", "provider_down"],
  ] as const)("%s: the next step begins at once", async (kind, reason) => {
    const to = somebody();
    failing.set(to, kind);
    const startedMs = performance.now();
    const id = await start({ to, workflow: [{ channel: "whatsapp", wait_seconds: 60 }, { channel: "memory" }] });
    await expect
      .poll(async () => (await look(id)).deliveries, { interval: 20 })
      .toMatchObject([
        { channel: "whatsapp", state: "failed", reason },
        { channel: "memory", state: "sent" },
      ]);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it("receipts that are doubled, out of order or for an unknown message change nothing they must not", async () => {
    const to = somebody();
    failing.set(to, "odd_receipts");
    receiptResults.length = 0;
    const id = await start({ to, channel: "whatsapp" });
    // The stand-in sends that of the unknown message last.
    await expect.poll(() => receiptResults).toHaveLength(5);
    expect(await delivery(id)).toMatchObject({ state: "delivered", reason: null });
  });

  it("forged receipts are refused, and signed ones of unknown messages change nothing", async () => {
    const to = somebody();
    failing.set(to, "no_receipt");
    const id = await start({ to, channel: "whatsapp" });
    await expect.poll(async () => (await delivery(id)).state).toBe("sent");
    const [number] = Object.values(config.whatsapp?.phone_numbers ?? {});
    const about = { phoneNumberId: number?.phone_number_id ?? "", id: "wamid.X", to: to.slice(1) };
    const body = JSON.stringify(statusWebhook({ ...about, status: "delivered", failure: null }));
    const post = async (secret: string) => {
      const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
      const headers = { "content-type": "application/json", "x-hub-signature-256": signature };
      return (await fetch(`${gateway.url}/webhooks/whatsapp`, { method: "POST", body, headers })).status;
    };
    expect(await post("another")).toBe(401);
    expect(await post(config.whatsapp?.app_secret ?? "")).toBe(200);
    expect((await delivery(id)).state).toBe("sent");
  });

  it("Meta's handshake", async () => {
    const query = {
      "hub.mode": "subscribe",
      "hub.verify_token": config.whatsapp?.verify_token ?? "",
      "hub.challenge": "77",
    };
    const answer = await fetch(`${gateway.url}/webhooks/whatsapp?${new URLSearchParams(query)}`);
    expect([answer.status, await answer.text()]).toEqual([200, "77"]);
  });
});

describe("SMS over a provider's HTTP API", () => {
  it("from the request to the phone, the receipt and the code", async () => {
    const to = somebody();
    const id = await start({ to, channel: "sms" });
    await expect
      .poll(() => delivery(id))
      .toMatchObject({ state: "delivered", sms: { route: "aggregator", sender: null, segments: 1 } });
    const { json } = await gateway.post(`/v1/verifications/${id}/check`, { code: await codeFor(to) });
    expect(json).toMatchObject({ valid: true, status: "verified" });
  });

  it.each([
    ["unknown_recipient", "invalid_recipient"],
    ["blocked", "blocked"],
    ["failed_receipt", "not_reachable"],
    ["down", "provider_down"],
  ] as const)("%s: the next step begins at once", async (kind, reason) => {
    const to = somebody();
    failing.set(to, kind);
    const id = await start({ to, workflow: [{ channel: "sms", wait_seconds: 60 }, { channel: "memory" }] });
    await expect
      .poll(async () => (await look(id)).deliveries, { interval: 20 })
      .toMatchObject([
        { channel: "sms", state: "failed", reason },
        { channel: "memory", state: "sent" },
      ]);
  });
});

describe("push", () => {
  it("reaches Android and a browser, and proves a device", async () => {
    for (const standIn of [standIns.fcm, standIns.webPush]) {
      const to = standIn.recipient?.(null) ?? "";
      const id = await start({ to, channel: "push" });
      const { json } = await gateway.post(`/v1/verifications/${id}/check`, { code: await codeFor(to) });
      expect(json).toMatchObject({ valid: true, status: "verified" });
      expect(await look(id)).toMatchObject({ country: null, proof: { kind: "device", value: to } });
    }
  });

  it("a registration that has ended fails at once, and the answer tells", async () => {
    const to = standIns.fcm.recipient?.("922") ?? "";
    failing.set(to, "not_reachable");
    const id = await start({ to, channel: "push" });
    await expect
      .poll(() => look(id))
      .toMatchObject({
        ...{ status: "undeliverable", reason: "invalid_recipient" },
        delivery: { state: "failed", push: { service: "fcm", registration: "gone" } },
      });
  });

  it("what is no registration, or at no listed service, is refused", async () => {
    for (const to of ["fcm:x", '{"endpoint":"http://169.254.169.254/","keys":{"p256dh":"x","auth":"y"}}']) {
      const answer = await gateway.post("/v1/verifications", { to, channel: "push" });
      expect(Math.floor(answer.status / 100)).toBe(4);
      expect(answer.text).not.toContain("169.254");
    }
  });
});

it("codes of ten digits, recipients and credentials are in no log, metric, answer or readable Redis value", async () => {
  const [whatsAppTo, smsTo] = [somebody(), somebody()];
  const fcmTo = standIns.fcm.recipient?.(null) ?? "";
  const ids = [
    await start({ to: whatsAppTo, channel: "whatsapp", code_length: 10 }),
    await start({ to: fcmTo, channel: "push", code_length: 10 }),
    await start({ to: smsTo, channel: "sms", code_length: 10 }),
  ];
  const codes = [await codeFor(whatsAppTo), await codeFor(fcmTo), await codeFor(smsTo)];
  expect(codes.map((code) => code.length)).toEqual([10, 10, 10]);
  await expect.poll(async () => (await delivery(ids[0] ?? "")).state).toBe("delivered");
  const metrics = (await gateway.get("/metrics")).text;
  const answers = (await Promise.all(ids.map(look))).map((answer) => JSON.stringify(answer)).join();
  const keys = await raw.keys("*");
  const values = await Promise.all(keys.map((key) => raw.dumpBuffer(key)));
  const dump = values.map((value) => value?.toString("latin1") ?? "").join();
  const { whatsapp, push } = config;
  const account = Object.values(push?.fcm ?? {})[0]?.service_account ?? "";
  const { http } = config.sms?.routes.aggregator ?? {};
  const secrets = [
    ...[http?.bearer, http?.receipts?.secret],
    ...[whatsapp?.access_token, whatsapp?.app_secret, whatsapp?.verify_token],
    ...[Object.values(push?.web_push ?? {})[0]?.private_key, account.slice(300, 340), "ya29."],
  ];
  for (const hidden of [...codes, ...secrets]) {
    for (const text of [logged, metrics, answers, dump]) expect(text).not.toContain(hidden);
  }
  for (const recipient of [whatsAppTo.slice(1), smsTo.slice(1), fcmTo.slice(4)]) {
    for (const text of [logged, metrics, keys.join()]) expect(text).not.toContain(recipient);
  }
});
