/** E-mail in the whole gateway: started, sent, checked and refused over HTTP; secrets stay where they belong. */
import { generateKeyPairSync } from "node:crypto";
import { Writable } from "node:stream";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { failureOf } from "../../../src/sandbox/providers/failures.ts";
import type { StandInMessage } from "../../../src/sandbox/providers/provider.ts";
import { createSmtpStandIn } from "../../../src/sandbox/providers/smtp.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";

const runtime = withRuntime();
const logger = pino({ level: "silent" });
const standIn = createSmtpStandIn({ clock: systemClock, random: cryptoRandom, logger, timings: { deliveryMs: 1 } });
const inbox: StandInMessage[] = [];
const pem = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
let app: App;
let gateway: ReturnType<typeof gatewayClient>;
let redis: Redis;
let logged = "";
let password = "";
let addresses = 0;

beforeAll(async () => {
  standIn.onMessage((message) => inbox.push(message));
  standIn.setFailure(failureOf);
  await standIn.start();
  const { email } = standIn.config() as { email: { servers: [{ password: string }] } };
  password = email.servers[0].password;
  const { url: redisUrl } = await runtime.redis();
  redis = new Redis(redisUrl);
  // No Asterisk: nothing listens there, and no message needs it.
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  const parts = { redisUrl, asterisk, config: { verification: { start_gap_seconds: "0" } } };
  const document = {
    ...gatewayDocument(parts),
    messages: { apps: { test: { name: "Corner Shop" } } },
    email: {
      ...email,
      reply_timeout_ms: "500",
      price: "0.001",
      dkim: { domain: "onering.example", selector: "s1", private_key: pem },
    },
  };
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  app = await buildApp(resolveConfig({ name: "test", document, env: {} }), {
    logger: createLogger({ level: "debug" }, { stream }),
  });
  gateway = gatewayClient((await app.start()).url);
});

afterAll(async () => {
  await app?.stop();
  await standIn.stop();
  redis?.disconnect();
});

const newAddress = (ending = "") => `ada.lovelace${addresses++}x${ending}@example.com`;
const look = async (id: string) => (await gateway.get(`/v1/verifications/${id}`)).json;

async function start(to: string, more: Readonly<Record<string, unknown>> = {}) {
  const started = await gateway.post("/v1/verifications", { to, channel: "email", ...more });
  const id = String(started.json.id);
  const stateOf = async () => ((await look(id)).delivery as { state: string }).state;
  if (started.status === 201) await expect.poll(stateOf).not.toBe("queued");
  return { id, started };
}

async function arrived(to: string): Promise<StandInMessage & { readonly code: string }> {
  await expect.poll(() => inbox.some((message) => message.to === to)).toBe(true);
  const message = inbox.findLast((found) => found.to === to);
  if (message === undefined) throw new Error("no message");
  return { ...message, code: /^\d{4,10}$/m.exec(message.text)?.[0] ?? "no code" };
}

test("a code arrives, is checked, and proves the address in its canonical form", async () => {
  const { id, started } = await start("Ada@EXAMPLE.com");
  expect(started.json).toMatchObject({
    ...{ channel: "email", to: "Ada@example.com", country: null, code_length: 6 },
    delivery: { channel: "email", to: "Ada@example.com", email: { server: "sandbox", locale: "en" } },
  });
  const message = await arrived("Ada@example.com");
  expect(message).toMatchObject({
    subject: expect.stringContaining("Corner Shop"),
    html: expect.stringContaining(message.code),
  });
  expect(await look(id)).toMatchObject({
    status: "delivered",
    delivery: { state: "sent", email: { server: "sandbox", smtp_reply: "250 2.0.0" } },
  });
  const { json } = await gateway.post(`/v1/verifications/${id}/check`, { code: message.code });
  expect(json).toMatchObject({ valid: true, status: "verified" });
  expect((await look(id)).proof).toMatchObject({ kind: "email", value: "Ada@example.com", channel: "email" });
});

test("in Arabic: right to left, the code in ASCII digits on a line of its own", async () => {
  const to = newAddress();
  await start(to, { locale: "ar" });
  await expect.poll(() => inbox.some((message) => message.to === to)).toBe(true);
  const message = inbox.findLast((found) => found.to === to);
  expect(message?.html).toContain('dir="rtl"');
  expect(message?.text).toMatch(/^[\u2066-\u2069]?\d{6}[\u2066-\u2069]?$/m);
});

test.each([
  ["921", "invalid_recipient", "550 5.1.1"],
  ["922", "not_reachable", "552 5.2.2"],
  ["923", "blocked", "554 5.7.1"],
  ["924", "throttled", "451 4.7.1"],
  ["925", "provider_down", "554 5.3.2"],
  ["926", "unknown_result", null],
])("an address that ends in %s: undeliverable, %s", async (ending, reason, smtpReply) => {
  const { id } = await start(newAddress(ending));
  expect(await look(id)).toMatchObject({
    ...{ status: "undeliverable", reason },
    delivery: { state: "failed", reason, email: { server: "sandbox", smtp_reply: smtpReply } },
  });
});

test.each([
  ["ada@localhost", "without a dot"],
  ['"ada"@example.com', "quoted"],
  ["ada@example.com\r\nBcc: eve@example.com", "more than one @"],
  ["+447400123456", "not an e-mail address"],
])("%j is refused", async (to, words) => {
  const { started } = await start(to);
  expect(started.status).toBe(400);
  expect(started.json).toMatchObject({ code: "invalid_request", detail: expect.stringContaining(words) });
  expect(started.text).not.toContain("ada@");
});

test("an address is a callee: its starts are limited", async () => {
  const to = newAddress();
  const statuses = [];
  for (let starts = 0; starts < 6; starts++) statuses.push((await start(to)).started.status);
  expect(statuses).toEqual([201, 201, 201, 201, 201, 429]);
});

test("probe and API document name the channel", async () => {
  const { json } = await gateway.get("/readyz");
  expect(json.channels).toContainEqual({ channel: "email", up: true, detail: expect.stringContaining("sandbox") });
  expect(JSON.stringify((await gateway.get("/openapi.json")).json)).toContain("smtp_reply");
});

test("no code, address, password or key in answers of others, log, metrics or Redis", async () => {
  const [answers, codes, to] = [[] as string[], [] as string[], [] as string[]];
  for (const ending of ["", "", "", "921", "923", "926"]) {
    const address = newAddress(ending);
    const { id, started } = await start(address, { code_length: 10 });
    answers.push(started.text, JSON.stringify(await look(id)));
    to.push(address);
    if (ending === "" || ending === "926") codes.push((await arrived(address)).code);
  }
  const kept = (await redisContents(redis)).map(({ key, content }) => `${key}\n${content}`).join("\n");
  const { text: metrics } = await gateway.get("/metrics");
  const secrets = [password, Buffer.from(password).toString("base64"), pem.split("\n")[1] ?? "", ...codes];
  expect(codes.every((code) => /^\d{10}$/.test(code))).toBe(true);
  expect(secrets.filter((secret) => [...answers, kept, metrics, logged].join("\n").includes(secret))).toEqual([]);
  expect([...to, "ada.lovelace"].filter((address) => [metrics, logged].join("\n").includes(address))).toEqual([]);
  expect(logged).toContain("sending an e-mail failed");
});
