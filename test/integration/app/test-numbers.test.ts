/** Test numbers over HTTP, by two gateways of which one is killed in the middle; no Asterisk, no provider. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { GatewayEvent } from "../../../src/events/events.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { Child } from "../../../src/local/process/child.ts";
import { apiKey, gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { messageChannels } from "../../support/message-gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const program = `${import.meta.dirname}/../../support/message-gateway.ts`;
const code = "493817";
const phone = "+447700900123";
const submits: string[] = [];
const { specs } = messageChannels((id) => submits.push(id));
const events: GatewayEvent[] = [];
let document: Record<string, unknown>;
let survivor: App;
let gateway: ReturnType<typeof gatewayClient>;

beforeAll(async () => {
  const { url: redisUrl } = await runtime.redis();
  // No Asterisk: nothing listens there.
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  const numbers = [
    { number: phone, code, until: "2099-12-31" },
    { number: "+447700900124", code, outcome: "busy", until: "2099-12-31" },
  ];
  const apps = { test: { api_keys_sha256: [apiKeyHash(apiKey)], test_numbers: numbers } };
  document = gatewayDocument({ redisUrl, asterisk, config: { apps, verification: { start_gap_seconds: "0" } } });
  survivor = await buildApp(resolveConfig({ name: "test", document, env: {} }), {
    logger: pino({ level: "silent" }),
    extraMessageChannels: specs,
    onEvent: (event) => void events.push(event),
  });
  gateway = gatewayClient((await survivor.start()).url);
});
afterAll(() => survivor.stop());

test("a gateway is killed after the start: another one goes on with the states, and takes the code", async () => {
  const env = { MESSAGE_GATEWAY: JSON.stringify(document) };
  const child = await Child.start("gateway", { command: process.execPath, args: [], env }, [program]);
  await expect.poll(() => child.output, { timeout: 20_000 }).toMatch(/^url /m);
  const doomed = gatewayClient(/^url (\S+)$/m.exec(child.output)?.[1] ?? "");
  const started = await doomed.post("/v1/verifications", { to: phone, channel: "missed_call" });
  expect([started.status, started.json.test]).toEqual([201, true]);
  await child.kill();

  const id = String(started.json.id);
  const rung = await gateway.waitForStatus(id, ["delivered", "rung"]);
  expect(rung).toMatchObject({ status: "delivered", test: true, delivery: { state: "rung", reason: "rang" } });
  const wrong = await gateway.post(`/v1/verifications/${id}/check`, { code: "000000" });
  expect(wrong.json).toMatchObject({ valid: false, checks_left: 2, test: true });
  const right = await gateway.post("/v1/verifications/check", { to: "07700 900123", country: "GB", code });
  expect(right.json).toMatchObject({ id, valid: true, status: "verified", test: true });
  const { text, json } = await gateway.get(`/v1/verifications/${id}`);
  expect(json).toMatchObject({
    status: "verified",
    test: true,
    proof: { value: phone, channel: "missed_call", test: true },
  });
  expect(text).not.toContain(code);
});

test("what nobody answers fails, a message arrives, and nothing was sent", async () => {
  const busy = await gateway.post("/v1/verifications", { to: "+447700900124", channel: "missed_call" });
  const sent = await gateway.post("/v1/verifications", { to: phone, channel: "memory" });
  expect([busy.status, sent.status]).toEqual([201, 201]);
  await gateway.waitForStatus(String(busy.json.id), ["undeliverable", "failed"]);
  await expect.poll(async () => (await gateway.get(`/v1/verifications/${sent.json.id}`)).json.status).toBe("delivered");
  expect(submits).toEqual([]);
});

test("no metric has counted any of it", async () => {
  const metrics = (await gateway.get("/metrics")).text;
  const counted = metrics
    .split("\n")
    .filter((line) => /^onering_(verifications|deliveries|checks)_\w*total\{/.test(line));
  expect(counted.filter((line) => !line.endsWith(" 0"))).toEqual([]);
  expect(events.length).toBeGreaterThan(0);
});
