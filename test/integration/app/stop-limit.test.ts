/** `onering serve` ends in order within its limit, whatever others do; where it cannot, its last line says so. No Asterisk. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { onering, type RunningCommand } from "../../support/command.ts";
import { apiKey, gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { TestRedis } from "../../support/redis.ts";
import { withReceivers } from "../../support/webhooks/receiver.ts";

const runtime = withRuntime();
const receivers = withReceivers();
const gateways: RunningCommand[] = [];
const phone = "+447700900123";
let dir: string;
let redis: TestRedis;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-stop-"));
  redis = await runtime.redis();
});
afterAll(async () => {
  for (const { child } of gateways) if (child.exitCode === null) child.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

/** A gateway whose stop may take 5 s. */
async function serve() {
  // Nothing listens there: a test number needs no call.
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  const number = { number: phone, code: "493817", until: "2099-12-31" };
  const document = gatewayDocument({
    ...{ redisUrl: redis.url, asterisk },
    config: {
      records: { url: `sqlite:${path.join(dir, "records.sqlite")}` },
      webhooks: { allow_private: "true" },
      apps: { test: { api_keys_sha256: [apiKeyHash(apiKey)], test_numbers: [number] } },
      calls: { drain_ms: "0" },
      log: { level: "info" },
    },
  });
  const file = path.join(dir, "onering.yaml");
  await writeFile(file, stringify(document));
  const gateway = onering("serve", "--config", file);
  gateways.push(gateway);
  const [, url = ""] = await gateway.says(/listening on (http:\/\/[^"\s]+)/);
  return { gateway, client: gatewayClient(url) };
}

const lastLine = (gateway: RunningCommand) => JSON.parse(gateway.output().trim().split("\n").at(-1) ?? "");

test("a receiver of webhooks that hangs: the gateway was ended after 5 s with 1 and no word, as it waited for 10", async () => {
  const { gateway, client } = await serve();
  const receiver = await receivers.start({ kind: "hang" });
  expect((await client.post("/v1/webhooks", { url: receiver.url })).status).toBe(201);
  expect((await client.post("/v1/verifications", { to: phone, channel: "missed_call" })).status).toBe(201);
  await expect.poll(async () => (await receiver.received()).length).toBe(1);
  gateway.child.kill("SIGTERM");
  expect(await gateway.exitCode(), gateway.output()).toBe(0);
  expect(lastLine(gateway)).toMatchObject({ level: "info", msg: "stopped" });
  await receiver.kill();
});

test("a Redis that hangs: after 5 s a fatal line says that, and the process ends with 1", async () => {
  const { gateway } = await serve();
  process.kill(redis.pid, "SIGSTOP");
  try {
    gateway.child.kill("SIGTERM");
    expect(await gateway.exitCode(), gateway.output()).toBe(1);
  } finally {
    process.kill(redis.pid, "SIGCONT");
  }
  const limit = "not stopped within 5000 ms: ended with work left";
  expect(lastLine(gateway)).toMatchObject({ level: "fatal", msg: expect.stringContaining(limit) });
});
