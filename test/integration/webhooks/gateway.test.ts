/** From a call on a real Asterisk to the receivers of the apps, through the whole gateway: outbox, relay, queue, records. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { apiKey, type Gateway, gatewayClient, startGateway, trunkName } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { type Receiver, withReceivers } from "../../support/webhooks/receiver.ts";

const runtime = withRuntime();
const receivers = withReceivers();
const bankKey = "or_another-key-that-only-this-test-knows";
const operatorKey = "or_an-operator-key-that-only-this-test-knows";
let gateway: Gateway;
let restart: () => Promise<Gateway>;
let dir = "";
const hmacKey = randomBytes(32).toString("hex");

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-webhooks-"));
  const redis = await runtime.redis();
  const carrier = await runtime.carrier({ scenario: "ringing" });
  const trunk = {
    name: trunkName,
    host: "127.0.0.1",
    port: carrier.port,
    transport: "udp",
    qualifySeconds: 0,
  } as const;
  const asterisk = await runtime.asterisk({ trunks: [trunk] });
  restart = () =>
    startGateway({
      redisUrl: redis.url,
      asterisk,
      config: {
        records: { url: `sqlite:${path.join(dir, "records.sqlite")}` },
        // The same after the restart: URLs and secrets are sealed with it.
        secrets: { hmac_key: hmacKey },
        webhooks: { allow_private: "true" },
        admin: { api_keys_sha256: [apiKeyHash(operatorKey)] },
        apps: { test: { api_keys_sha256: [apiKeyHash(apiKey)] }, bank: { api_keys_sha256: [apiKeyHash(bankKey)] } },
      },
    });
  gateway = await restart();
  await gateway.waitForHttp("/readyz", 200);
});
afterAll(async () => {
  await gateway?.stop();
  await rm(dir, { recursive: true, force: true });
});

const eventsOf = async (receiver: Receiver) =>
  (await receiver.received()).map(({ body, headers }) => ({ ...JSON.parse(body), headers, body }));

it("the events of a verification arrive once each, in order and signed; another app gets its own alone; both survive a restart", async () => {
  const [mine, ended, banks] = [await receivers.start(), await receivers.start(), await receivers.start()];
  const bank = gatewayClient(gateway.url, bankKey);
  const { json: endpoint } = await gateway.post("/v1/webhooks", { url: mine.url });
  const secret = endpoint.secret as string;
  expect((await gateway.post("/v1/webhooks", { url: ended.url, events: ["verification.ended"] })).status).toBe(201);
  expect((await bank.post("/v1/webhooks", { url: banks.url })).status).toBe(201);

  const { id } = await gateway.start("+447911123456");
  await gateway.waitForStatus(id, ["ringing", "rung"], 15_000);
  await gateway.post(`/v1/verifications/${id}/cancel`);
  const isEnd = ({ type }: { type: string }) => type === "verification.ended";
  await vi.waitFor(async () => expect((await eventsOf(mine)).filter(isEnd)).toHaveLength(1), { timeout: 15_000 });
  const seen = await eventsOf(mine);
  expect(seen[0]).toMatchObject({ id: `evt_${id}_1`, type: "verification.started", seq: 1, app: "test" });
  expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
  for (const { headers, body } of seen)
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ app: "test" });
  expect(await eventsOf(ended)).toMatchObject([
    { type: "verification.ended", data: { verification: id, status: "canceled" } },
  ]);
  expect(await eventsOf(banks)).toEqual([]);
  expect((await bank.get(`/v1/webhooks/${endpoint.id}`)).status).toBe(404);

  // The call that was canceled may still send evidence.
  const metrics = async () => (await gateway.get("/metrics")).text;
  await vi.waitFor(async () => expect(await metrics()).toMatch(/^onering_webhook_queue_events 0$/m), {
    timeout: 15_000,
  });
  expect(await metrics()).toMatch(/^onering_webhook_deliveries_total\{result="delivered"\} [1-9]/m);
  expect(await metrics()).toMatch(/^onering_webhook_endpoints\{state="enabled"\} 3$/m);

  await gateway.post(`/v1/webhooks/${endpoint.id}/rotate-secret`);
  const operator = gatewayClient(gateway.url, operatorKey);
  const audited = async () => JSON.stringify((await operator.get("/v1/admin/audit")).json);
  await vi.waitFor(async () => expect(await audited()).toContain("webhook.rotate_secret"), { timeout: 15_000 });
  expect(await audited()).toContain(`"target":"webhook ${endpoint.id}"`);
  expect(await audited()).not.toContain("/hook");
  expect(await audited()).not.toContain("whsec_");

  await gateway.stop();
  gateway = await restart();
  await gateway.waitForHttp("/readyz", 200);
  expect((await gateway.get("/v1/webhooks")).json.webhooks).toHaveLength(2);
  expect((await gateway.post(`/v1/webhooks/${endpoint.id}/test`)).json).toMatchObject({ delivered: true });
}, 90_000);
