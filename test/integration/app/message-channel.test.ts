/** A made-up message channel in the whole gateway: a provider and one line, and API, document, metrics and probes have it. */
import { Writable } from "node:stream";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { memoryChannel, memoryProvider } from "../../support/memory-provider.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";

const runtime = withRuntime();
const provider = memoryProvider();
let app: App;
let gateway: ReturnType<typeof gatewayClient>;
let redis: Redis;
let logged = "";
let callee = 0;

beforeAll(async () => {
  const { url: redisUrl } = await runtime.redis();
  redis = new Redis(redisUrl);
  // No Asterisk: nothing listens there, and no message needs it.
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  const parts = { redisUrl, asterisk, config: { verification: { start_gap_seconds: "0" } } };
  const document = { ...gatewayDocument(parts), messages: { apps: { test: { name: "Corner Shop" } } } };
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  app = await buildApp(resolveConfig({ name: "test", document, env: {} }), {
    logger: createLogger({ level: "debug" }, { stream }),
    extraMessageChannels: [memoryChannel(provider)],
  });
  gateway = gatewayClient((await app.start()).url);
});
afterAll(async () => {
  await app.stop();
  redis.disconnect();
  expect(provider.running()).toBe(0);
});

async function start(request: Readonly<Record<string, unknown>> = {}) {
  const before = provider.sent.length;
  const to = `+44740079${String(callee++).padStart(4, "0")}`;
  const started = await gateway.post("/v1/verifications", { to, channel: "memory", ...request });
  if (started.status === 201) await expect.poll(() => provider.sent.length).toBe(before + 1);
  return { to, started, id: String(started.json.id), message: provider.sent.at(-1) };
}

const look = async (id: string) => (await gateway.get(`/v1/verifications/${id}`)).json;
const stateOf = async (id: string) => ((await look(id)).delivery as { state: string }).state;

test("is sent, shown under its name, delivered by a receipt, checked and counted", async () => {
  const { started, id, to, message } = await start();
  expect(started.json).toMatchObject({
    ...{ status: "pending", channel: "memory", code_length: 6, checks_left: 3 },
    delivery: { channel: "memory", to, state: "queued", memory: { route: "memory", segments: 1, locale: "en" } },
  });
  expect(JSON.stringify(started.json)).not.toContain("not in the schema");
  await expect.poll(() => stateOf(id)).toBe("sent");
  expect((await look(id)).status).toBe("delivered");
  await provider.receipt({ state: "delivered" });
  expect(await stateOf(id)).toBe("delivered");
  const { json } = await gateway.post(`/v1/verifications/${id}/check`, { code: message?.code });
  expect(json).toMatchObject({ valid: true, status: "verified" });
  expect((await look(id)).proof).toMatchObject({ kind: "phone", value: to, channel: "memory", code: "gateway" });
  const { text } = await gateway.get("/metrics");
  expect(text).toContain('onering_message_receipts_total{channel="memory",result="applied"} 1');
});

test("reads a code that was typed in other digits, with spaces", async () => {
  const { id, message } = await start();
  const digits = [...(message?.code ?? "")].map((digit) => String.fromCodePoint(0x660 + Number(digit)));
  const code = `${digits.slice(0, 3).join("")} ${digits.slice(3).join("")}`;
  const { json } = await gateway.post(`/v1/verifications/${id}/check`, { code });
  expect(json).toMatchObject({ valid: true });
});

test("is in the API document", async () => {
  const text = JSON.stringify((await gateway.get("/openapi.json")).json);
  expect(text).toContain("BCP 47 tag of the language that the text is written in.");
  expect(text).toContain('"memory"');
});

test("that is down is refused and named by the probe", async () => {
  provider.setHealth({ up: false, detail: "no connection" });
  const { started } = await start();
  expect(started.status).toBe(503);
  expect(started.json).toMatchObject({ code: "channel_unavailable" });
  const { json } = await gateway.get("/readyz");
  expect(json.channels).toContainEqual({ channel: "memory", up: false, detail: "no connection" });
  provider.setHealth({ up: true, detail: "in memory" });
});

test("no code is in an answer, in the log, in the metrics or in Redis; no receipt id in Redis", async () => {
  const answers: string[] = [];
  const codes: string[] = [];
  for (let times = 0; times < 20; times++) {
    const { id, started, message } = await start({ code_length: 10 });
    await expect.poll(() => stateOf(id)).toBe("sent");
    await provider.receipt(times % 2 === 0 ? { state: "delivered" } : { state: "failed", reason: "blocked" });
    answers.push(started.text, JSON.stringify(await look(id)));
    codes.push(message?.code ?? "no code");
  }
  const kept = (await redisContents(redis)).map(({ key, content }) => `${key}\n${content}`).join("\n");
  const { text: metrics } = await gateway.get("/metrics");
  const all = [...answers, kept, metrics, logged].join("\n");
  expect(codes.every((code) => /^\d{10}$/.test(code))).toBe(true);
  expect(codes.filter((code) => all.includes(code))).toEqual([]);
  expect(kept).not.toContain("memory/v");
  expect(logged).toContain("message submitted");
});
