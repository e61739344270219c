/** docs/examples without an Asterisk, as an operator takes them: only what is this machine's own is changed, and a phone rings. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { buildApp } from "../../../src/app.ts";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import { projectRoot } from "../../../src/local/fetch/paths.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { apiKey, gatewayClient } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { TestRedis } from "../../support/redis.ts";

type Document = Record<string, Record<string, unknown>>;

const runtime = withRuntime();
let redis: TestRedis;
beforeAll(async () => {
  redis = await runtime.redis();
});
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

const example = async (name: string): Promise<Document> =>
  parse(await readFile(path.join(projectRoot, "docs/examples", name), "utf8"));

test.each([
  // What Compose gives the container: docker-compose.yml, held by test/unit/local/compose.test.ts.
  ["onering.docker-sip.yaml", "carrier", "+12025550123"],
  ["onering-sip.yaml", "carrier-a", "+33612345678"],
] as const)("%s: a phone rings, and the carrier is told the address that it sees us by", async (name, trunk, to) => {
  const port = await freePort("udp", "tcp");
  const carrier = await runtime.carrier({ scenario: "ringing", transport: "tcp" });
  const { apps, trunks, routes, ...document } = await example(name);
  const own = (trunks?.[trunk] ?? {}) as Document;
  const config = resolveConfig({
    name,
    document: {
      ...document,
      ...{
        // Tests run side by side on few cores: late is no failure here.
        http: { host: "127.0.0.1", port: "0", shutdown_linger_ms: "0", shed_at_delay_ms: "10000" },
        redis: { url: redis.url },
        records: { url: "off" },
      },
      calls: { ring_ms: "1000" },
      sip: {
        ...document.sip,
        ...(name === "onering-sip.yaml" && { host: "127.0.0.1", udp_port: port, tcp_port: port }),
      },
      trunks: { [trunk]: { ...own, sip: { ...own.sip, host: "127.0.0.1", port: carrier.port } } },
      routes: (routes as unknown as Document[]).map((route) => ({ ...route, trunks: [trunk] })),
      apps: Object.fromEntries(Object.keys(apps ?? {}).map((app) => [app, { api_keys_sha256: [apiKeyHash(apiKey)] }])),
    },
    env: {
      ...{ HMAC_KEY: "9f86d081884c7d659a2feaa0c55ad015", REDIS_PASSWORD: "p9f86d081884c7d65" },
      ...{ SIP_ADDRESS: "127.0.0.1", SIP_PORT: String(port), TRUNK_HOST: "127.0.0.1" },
    },
  });
  const app = await buildApp(config, { logger: createLogger({ level: "silent" }) });
  const { url } = await app.start();
  stops.push(() => app.stop());
  const client = gatewayClient(url);
  const ready = await client.waitForHttp("/readyz", 200);
  expect(ready.json).toMatchObject({ ready: true, trunks: [{ trunk, usable: true }] });
  const { id } = await client.start(to);
  await client.waitForStatus(id, ["ringing", "rang", "delivered"]);
  const [invite] = (await carrier.waitFor((all) => all.some(({ method }) => method === "INVITE"))).filter(
    ({ method }) => method === "INVITE",
  );
  expect(invite?.startLine).toMatch(new RegExp(`^INVITE sip:\\${to}@127\\.0\\.0\\.1`));
  expect(invite?.header("Via")[0]).toMatch(new RegExp(`^SIP/2\\.0/TCP 127\\.0\\.0\\.1:${port};`));
  expect(invite?.header("Contact")[0]).toContain(`@127.0.0.1:${port}`);
  await carrier.waitFor((all) => all.some(({ method }) => method === "CANCEL"));
});
