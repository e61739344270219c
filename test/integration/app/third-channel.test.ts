/** A made-up third channel: one folder and one line in the composition root, and everything else knows it. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { letterChannel } from "../../support/letter-channel/index.ts";
import { carrierPigeon } from "../../support/pigeon-channel/index.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const pigeons = carrierPigeon();
const letters = letterChannel("letter", { cost: 0.9 });
let app: App;
let gateway: ReturnType<typeof gatewayClient>;
let callee = 0;
const somebody = () => `+44740078${String(callee++).padStart(4, "0")}`;
const pigeon = { channel: "carrier_pigeon" };

beforeAll(async () => {
  const { url: redisUrl } = await runtime.redis();
  // No Asterisk: nothing listens there, and no pigeon needs it.
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  const config = resolveConfig({
    name: "test",
    document: {
      ...gatewayDocument({ redisUrl, asterisk, config: { verification: { start_gap_seconds: "0" } } }),
      call_in: { numbers: ["+442079460001"] },
      trunks: {
        carrier: { asterisk: "local", endpoint: "carrier", ranges: ["block"], inbound: { trusted: "true" } },
      },
    },
    env: {},
  });
  app = await buildApp(config, { logger: pino({ level: "silent" }), extraChannels: [pigeons, letters] });
  gateway = gatewayClient((await app.start()).url);
});
afterAll(() => app.stop());

test("is started by its name, shown under its name, checked, and counted", async () => {
  const to = somebody();
  const started = await gateway.post("/v1/verifications", { to, ...pigeon });
  expect(started.status).toBe(201);
  expect(started.json).toMatchObject({
    ...{ status: "pending", channel: "carrier_pigeon", code_length: 6, checks_left: 3, proof: null },
    delivery: {
      ...{ number: 1, channel: "carrier_pigeon", to, state: "flying" },
      carrier_pigeon: { ring: expect.stringMatching(/^P\d+$/) },
    },
  });
  const id = String(started.json.id);
  await pigeons.ends(id, "landed");
  expect((await gateway.get(`/v1/verifications/${id}`)).json).toMatchObject({
    ...{ status: "delivered", delivery: { state: "landed" } },
  });

  const code = pigeons.carried.get(id) ?? "";
  const wrong = `${code.slice(0, -1)}${(Number(code.at(-1)) + 1) % 10}`;
  const check = async (guess: string) => (await gateway.post(`/v1/verifications/${id}/check`, { code: guess })).json;
  expect(await check(wrong)).toEqual({ id, status: "delivered", valid: false, checks_left: 2 });
  expect(await check(code)).toMatchObject({ status: "verified", valid: true });
  expect((await gateway.get(`/v1/verifications/${id}`)).json).toMatchObject({
    proof: { kind: "phone", value: to, channel: "carrier_pigeon", code: "gateway" },
  });

  const metrics = (await gateway.get("/metrics")).text;
  const counted = (name: string) =>
    metrics.split("\n").find((line) => line.startsWith(name) && line.includes('channel="carrier_pigeon"'));
  expect(counted("onering_verifications_started_total")).toMatch(/ 1$/);
  expect(counted("onering_verifications_ended_total")).toMatch(/status="verified".* 1$/);
});

test("follows a call in that waits; the call in still waits where the pigeon is lost", async () => {
  const started = await gateway.post("/v1/verifications", { to: somebody(), channel: "call_in" });
  expect(started.json).toMatchObject({ status: "pending", code_length: null });
  const next = started.json.next_channels as { channel: string }[];
  expect(next.map(({ channel }) => channel)).toContain("carrier_pigeon");

  const id = String(started.json.id);
  const again = await gateway.post(`/v1/verifications/${id}/resend`, pigeon);
  expect(again.json).toMatchObject({
    ...{ status: "sending", channel: "carrier_pigeon", code_length: 6, checks_left: 3 },
    deliveries: [
      { channel: "call_in", state: "waiting" },
      { channel: "carrier_pigeon", state: "flying" },
    ],
  });
  await pigeons.ends(id, "undelivered");
  expect((await gateway.get(`/v1/verifications/${id}`)).json).toMatchObject({
    ...{ status: "pending", delivery: { state: "lost" } },
  });

  // Without a name the resend takes the newest delivery's channel.
  await gateway.post(`/v1/verifications/${id}/resend`);
  await pigeons.ends(id, "landed");
  const code = pigeons.carried.get(id) ?? "";
  const checked = await gateway.post(`/v1/verifications/${id}/check`, { code });
  expect(checked.json).toMatchObject({ status: "verified", valid: true });
  expect((await gateway.get(`/v1/verifications/${id}`)).json).toMatchObject({ proof: { channel: "carrier_pigeon" } });
});

test("a made-up message channel is a step, has the core's code, a price and a health", async () => {
  const to = somebody();
  const workflow = [{ channel: "carrier_pigeon" }, { channel: "letter", wait_seconds: 1 }];
  const started = await gateway.post("/v1/verifications", { to, workflow, locale: "pt-BR" });
  const id = String(started.json.id);
  await pigeons.ends(id, "undelivered");
  await expect.poll(() => letters.posted.length).toBe(1);
  const [letter] = letters.posted;
  expect(letter?.order).toMatchObject({ to, locale: "pt-BR", step: 1, appCode: null });
  await letter?.becomes("sent");
  expect((await gateway.get(`/v1/verifications/${id}`)).json).toMatchObject({
    ...{ status: "delivered", channel: "letter", code_length: 6 },
    deliveries: [
      { channel: "carrier_pigeon", state: "lost", cost: null },
      { channel: "letter", to, state: "sent", cost: 0.9, letter: { stamp: "lion" } },
    ],
  });
  const checked = await gateway.post(`/v1/verifications/${id}/check`, { code: letter?.code });
  expect(checked.json).toMatchObject({ status: "verified", valid: true });
  expect((await gateway.get(`/v1/verifications/${id}`)).json).toMatchObject({
    proof: { kind: "phone", value: to, channel: "letter", code: "gateway" },
  });
  const metrics = (await gateway.get("/metrics")).text;
  expect(metrics).toMatch(/onering_deliveries_total\{channel="letter",state="sent"\} 1/);
  expect(metrics).toMatch(/onering_deliveries_total\{channel="carrier_pigeon",state="lost"\} \d/);
});

test("a channel that is down is named by /readyz; starts by it are refused with Retry-After", async () => {
  letters.fails("down");
  const refused = await gateway.post("/v1/verifications", { to: somebody(), channel: "letter" });
  expect([refused.status, refused.json.code]).toEqual([503, "channel_unavailable"]);
  // No trunk and no letter: nothing works here.
  const notReady = await gateway.get("/readyz");
  expect([notReady.status, notReady.json.channels]).toEqual([503, [{ channel: "letter", up: false, detail: "down" }]]);
  letters.fails(null);
  await expect.poll(async () => (await gateway.get("/readyz")).status).toBe(200);
});

test("is in the API document", async () => {
  const { json } = await gateway.get("/openapi.json");
  expect(JSON.stringify(json)).toContain("What is written on the pigeon's ring.");
  expect(JSON.stringify(json)).toContain('"carrier_pigeon"');
});
