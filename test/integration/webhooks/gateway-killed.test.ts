/** `onering serve`, killed -9 between a change of state and its delivery: the next one delivers every event, in order. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { onering, type RunningCommand } from "../../support/command.ts";
import { gatewayClient, gatewayDocument, trunkName } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { withReceivers } from "../../support/webhooks/receiver.ts";

const runtime = withRuntime();
const receivers = withReceivers();
const gateways: RunningCommand[] = [];
let dir = "";

afterAll(async () => {
  for (const { child } of gateways) if (child.exitCode === null) child.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

it("loses no event and keeps their order for each verification", { timeout: 120_000 }, async () => {
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
  const file = path.join(dir, "onering.yaml");
  const document = gatewayDocument({
    ...{ redisUrl: redis.url, asterisk },
    config: {
      records: { url: `sqlite:${path.join(dir, "records.sqlite")}` },
      webhooks: { allow_private: true },
      log: { level: "info" },
    },
  });
  await writeFile(file, stringify(document));
  const start = async () => {
    const gateway = onering("serve", "--config", file);
    gateways.push(gateway);
    const [, url = ""] = await gateway.says(/listening on (http:\/\/[^"\s]+)/);
    const client = gatewayClient(url);
    await client.waitForHttp("/readyz", 200);
    return { client, gateway };
  };

  const first = await start();
  // So slow that most deliveries are under way or wait when it is killed.
  const receiver = await receivers.start({ kind: "slow", ms: 300 });
  expect((await first.client.post("/v1/webhooks", { url: receiver.url })).status).toBe(201);
  const ids = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => (await first.client.start(`+44791112345${index}`)).id),
  );
  const exited = new Promise((resolve) => first.gateway.child.once("exit", resolve));
  first.gateway.child.kill("SIGKILL");
  await exited;
  const before = (await receiver.received()).filter(({ answered }) => answered).length;

  const { client } = await start();
  for (const id of ids) await client.post(`/v1/verifications/${id}/cancel`);
  const seqs = async (id: string) =>
    (await receiver.received())
      .map(({ body }) => JSON.parse(body))
      .filter(({ data }) => data.verification === id)
      .map(({ seq, type }) => ({ seq, type }));
  for (const id of ids) {
    await vi.waitFor(async () => expect((await seqs(id)).map(({ type }) => type)).toContain("verification.ended"), {
      timeout: 40_000,
      interval: 50,
    });
  }
  for (const id of ids) {
    const seen = await seqs(id);
    const last = seen.at(-1)?.seq ?? 0;
    // Once at least, each; again is allowed, back is not.
    expect([...new Set(seen.map(({ seq }) => seq))]).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    expect(seen.every(({ seq }, index) => index === 0 || seq >= (seen[index - 1]?.seq ?? 0))).toBe(true);
  }
  // It was killed before all was delivered.
  expect(before).toBeLessThan(ids.length * 2);
});
