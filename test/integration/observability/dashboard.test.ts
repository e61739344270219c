/** docs/deploy on a real gateway: every query of the dashboard and every alert finds its series, and labels stay bounded. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { freePort, freePortRow } from "../../../src/local/process/free-port.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { type Sandbox, startSandbox } from "../../../src/sandbox/start.ts";
import { withCertificates } from "../../support/certificates.ts";
import { onering } from "../../support/command.ts";
import { type Gateway, gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { deployDir, type Prometheus, startPrometheus } from "../../support/prometheus.ts";
import { labelProblems } from "./label-values.ts";
import { hear, someTraffic } from "./sandbox-traffic.ts";

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const read = (name: string) => readFile(path.join(deployDir, name), "utf8");
const { panels } = JSON.parse(await read("grafana-dashboard.json")) as { panels: readonly Panel[] };
const rules = await read("prometheus-alerts.yml");
/** As Grafana fills in its variables. */
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr.replaceAll("$__rate_interval", "2m").replaceAll("$__range", "5m")] as const),
);

const runtime = withRuntime();
const newCertificate = withCertificates();
let sandbox: Sandbox;
/** Without an Asterisk, and of two processes: what the sandbox's has no series of. Needs `npm run build`. */
let sipGateway: Pick<Gateway, "url" | "get" | "stop">;
let prometheus: Prometheus;
/** Takes the app's webhooks. */
let receiver: Server;
/** What /metrics says after the traffic. */
let metrics: string;

beforeAll(async () => {
  const starting = startSipGateway();
  sandbox = await startSandbox({
    programs: await findPrograms(),
    env: { ONERING_HTTP_PORT: "0", ONERING_CALLS_RING_MS: "1000", ONERING_CALLS_SETUP_LIMIT_MS: "2000" },
    logger: createLogger({ level: "silent" }),
    timings: { postDialMs: 50, deliveryMs: 50, receiptMs: 100 },
  });
  receiver = createServer((request, response) => {
    request.resume();
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  await hear(sandbox, `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`);
  sipGateway = await starting;
  const targets = { onering: new URL(sandbox.url).host, onering_sip: new URL(sipGateway.url).host };
  prometheus = await startPrometheus({ targets, rules });
  // A counter's first value is no increase: what the second round adds is.
  await someTraffic(sandbox, 10);
  const verified = "sum(onering_verifications_ended_total{status='verified'})";
  await vi.waitFor(async () => expect(await valuesOf(verified)).toEqual([6]), { timeout: 15_000 });
  await someTraffic(sandbox, 11);
  await vi.waitFor(async () => expect(await valuesOf(verified)).toEqual([12]), { timeout: 15_000 });
  metrics = await (await fetch(`${sandbox.url}/metrics`)).text();
}, 120_000);
afterAll(async () => {
  await prometheus?.stop();
  await sipGateway?.stop();
  await sandbox?.stop();
  receiver?.close();
});

/** One trunk whose carrier answers OPTIONS, and one that is never registered. */
async function startSipGateway(): Promise<typeof sipGateway> {
  const [redis, carrier, { certFile, keyFile }, folder] = await Promise.all([
    runtime.redis(),
    runtime.carrier({ scenario: "ringing" }),
    newCertificate(),
    mkdtemp(path.join(tmpdir(), "onering-dashboard-")),
  ]);
  const [certificate, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  const at = { host: "127.0.0.1", port: String(carrier.port) };
  const account = { username: "onering", password: "nobody-has-it", register: {}, qualify_seconds: "0" };
  const trunk = (sip: object) => ({ sip, ranges: ["block"] });
  const document = gatewayDocument({
    redisUrl: redis.url,
    config: {
      server: { processes: 2 },
      sip: {
        ...{ host: "127.0.0.1", udp_port: await freePortRow(2, "udp"), tls: { certificate, private_key: key } },
        hep: { host: "127.0.0.1", port: String(await freePort("udp")) },
      },
      trunks: { carrier: trunk(at), registering: trunk({ ...at, ...account }) },
    },
  });
  const file = path.join(folder, "onering.yaml");
  await writeFile(file, stringify(document));
  const gateway = onering("serve", "--config", file);
  await gateway.says(/all 2 processes serve/);
  const [, url = ""] = /listening on (http:\/\/[^"\s]+)/.exec(gateway.output()) ?? [];
  return {
    ...gatewayClient(url),
    async stop() {
      gateway.child.kill("SIGTERM");
      await gateway.exitCode();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const valuesOf = async (promql: string) => (await prometheus.query(promql)).map(({ value }) => Number(value[1]));

describe("the dashboard has data for", () => {
  test.each(queries)("%s", async (_title, promql) => {
    await expect.poll(() => valuesOf(promql)).toSatisfy((values: number[]) => values.some(Number.isFinite));
  });

  test("panels whose ids are unique and that do not overlap", () => {
    const placed = panels as unknown as { id: number; gridPos: { x: number; y: number; w: number; h: number } }[];
    expect(new Set(placed.map(({ id }) => id)).size).toBe(placed.length);
    const cells = placed.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(cells.length).toBe(new Set(cells).size);
    expect(placed.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

test("a real Prometheus evaluates every alert on the gateway's series without an error", async () => {
  await expect.poll(async () => (await prometheus.rules()).filter(({ health }) => health !== "ok")).toEqual([]);
  const { groups } = parse(rules) as { groups: { rules: unknown[] }[] };
  expect(await prometheus.rules()).toHaveLength(groups.flatMap((group) => group.rules).length);
});

test("every metric that an alert or the dashboard names is one of the gateway's", async () => {
  const { text } = await sipGateway.get("/metrics");
  const exposed = new Set([...`${metrics}\n${text}`.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
  const named = new Set(`${rules}\n${JSON.stringify(panels)}`.match(/\b(?:onering|nodejs|process)_\w+/g));
  const unknown = [...named].filter(
    (name) => !exposed.has(name) && !exposed.has(name.replace(/_(count|bucket|sum)$/, "")),
  );
  expect(named.size).toBeGreaterThan(25);
  expect(unknown).toEqual([]);
});

test("no label takes its values from users", async () => {
  expect(labelProblems(metrics, sandbox.config)).toEqual([]);
  const { text } = await sipGateway.get("/metrics");
  for (const name of ["onering_sip_trunk_registered", "onering_processes", "onering_process_restarts_total"]) {
    expect(text).toContain(name);
  }
  const [trunk] = Object.values(sandbox.config.trunks);
  const trunks = { carrier: trunk, registering: trunk } as typeof sandbox.config.trunks;
  const [block] = Object.values(sandbox.config.ranges);
  expect(labelProblems(text, { ...sandbox.config, trunks, ranges: { block } as never })).toEqual([]);
});
