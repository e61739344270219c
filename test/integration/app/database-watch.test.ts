/** `--watch` of a table beside a whole gateway: a number that two carriers answer with 404 is rejected in the customer's table. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { readActions } from "../../../src/numbers/cleaning/database/actions.ts";
import { followNumberEvents } from "../../../src/numbers/cleaning/database/number-events.ts";
import { createPace } from "../../../src/numbers/cleaning/database/pace.ts";
import { watch } from "../../../src/numbers/cleaning/database/watch.ts";
import { commonOf, judge, runClean } from "../../support/customers/clean.ts";
import { startServer } from "../../support/customers/database.ts";
import { allUsers, createUsers } from "../../support/customers/table.ts";
import { gatewayClient, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { withScenarios } from "../../support/scenarios.ts";

const runtime = withRuntime();
const writeScenario = withScenarios();
const names = ["first", "second"] as const;
const key = "or_test-key-of-the-shop-of-this-test";

it("a number that networks do not know is flagged once the gateway is sure", async () => {
  const { url: redisUrl } = await runtime.redis();
  const scenario = await writeScenario([{ send: "404 Not Found" }, "ack"]);
  const carriers = [await runtime.carrier({ scenario }), await runtime.carrier({ scenario })];
  const asterisk = await runtime.asterisk({
    trunks: names.map((name, i) => ({
      ...{ name, host: "127.0.0.1", port: carriers[i]?.port ?? 0, transport: "udp" as const, qualifySeconds: 0 },
    })),
  });
  const gateway = await startGateway({
    ...{ redisUrl, asterisk },
    config: {
      trunks: Object.fromEntries(names.map((name) => [name, { asterisk: "local", endpoint: name, ranges: ["block"] }])),
      routes: [{ prefix: "+", trunks: [...names] }],
      apps: { shop: { api_keys_sha256: [apiKeyHash(key)] } },
    },
  });
  const server = await startServer("postgres");
  const folder = await mkdtemp(path.join(tmpdir(), "onering-watch-"));
  const stop = new AbortController();
  const { signal } = stop;
  try {
    await gateway.waitForHttp("/readyz", 200);
    const url = await server.createDatabase();
    const client = await server.connect(url);
    await createUsers(client, "postgres", 4);
    await runClean({ kind: "postgres", url, folder, apply: "flag=bad" });
    const events = (lastEventId: string | null) =>
      followNumberEvents({ gateway: gateway.url, key, lastEventId, settleMs: 2000, note: () => undefined, signal });
    const watching = watch({
      ...{ ...commonOf({ url, folder, signal }), judge, updatedColumn: null, events, pollMs: 50 },
      ...{ actions: readActions("flag=bad", false), pace: createPace(signal) },
    });
    const shop = gatewayClient(gateway.url, key);
    // The stream begins with what comes from now on.
    await expect.poll(async () => (await gateway.get("/metrics")).text).toMatch(/onering_event_streams 1/);
    expect((await shop.post("/v1/verifications", { to: "+447400000002" })).status).toBe(201);
    await expect
      .poll(async () => (await allUsers(client)).map(({ id, bad }) => [id, bad]), { timeout: 15_000 })
      .toEqual([
        [1, false],
        [2, true],
        [3, false],
        [4, false],
      ]);
    stop.abort();
    await watching;
    await client.end();
  } finally {
    stop.abort();
    await gateway.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
