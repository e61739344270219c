/** `server.processes`: several gateways on one port, as an operator runs them. Needs `npm run build`. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { freePortRow } from "../../../src/local/process/free-port.ts";
import { type Smsc, type SmscMessage, startSmsc } from "../../../src/sandbox/providers/smsc.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { onering, type RunningCommand } from "../../support/command.ts";
import { ensureKamailio } from "../../support/fetch/kamailio.ts";
import { apiKey, gatewayClient, gatewayDocument, trunkName } from "../../support/gateway.ts";
import { type Kamailio, startKamailio } from "../../support/kamailio.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";
import type { SipMessage } from "../../support/sipp-log.ts";

const runtime = withRuntime();
/** Phones that ring while processes are killed, and further starts: some 20 s. */
const wide = process.env.PROCESSES === "wide";
const operatorKey = "or_processes-test-key-of-the-operator";
const viaAsterisk = "+4474002";
const account = { username: "alice", password: "s3cret-word", realm: "carrier.test" };
const waits = { timeout: 10_000, interval: 25 };
/** What a busy machine needs to say that a process ended; far below the 4 s after which its beats are missed. */
const takenOverMs = 2500;
const smppPassword = "Pa55-w0rd-9";

let dir: string;
let file: string;
let document: Record<string, unknown>;
let sipp: SippCarrier;
/** Behind the Asterisk. */
let pbx: SippCarrier;
let smsc: Smsc;
let postgres: TestPostgres;
let recordsUrl: string;
const messages: SmscMessage[] = [];
let kamailio: Kamailio;
let firstPort: number;
let gateway: RunningCommand;
let url: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-processes-"));
  file = path.join(dir, "onering.yaml");
  const kamailioProgram = await ensureKamailio(runtimeDir, () => undefined);
  [sipp, pbx, kamailio, smsc, postgres] = await Promise.all([
    runtime.carrier({ scenario: "ringing" }),
    runtime.carrier({ scenario: "ringing" }),
    startKamailio(kamailioProgram, { ...account, algorithm: "SHA-256" }),
    startSmsc({
      ...{ systemId: "onering", password: smppPassword, clock: systemClock },
      decide: () => ({ answer: 0 }),
      onMessage: (message) => messages.push(message),
    }),
    startPostgres(),
  ]);
  const trunk = { name: "pbx", host: "127.0.0.1", port: pbx.port, transport: "udp", qualifySeconds: 0 } as const;
  const [redis, asterisk] = await Promise.all([runtime.redis(), runtime.asterisk({ trunks: [trunk] })]);
  recordsUrl = await postgres.createDatabase();
  firstPort = await freePortRow(2, "udp");
  const udp = (port: number) => ({ host: "127.0.0.1", port, transport: "udp", qualify_seconds: 0 });
  document = {
    ...gatewayDocument({
      ...{ redisUrl: redis.url, asterisk },
      config: {
        calls: { ring_ms: "5000", setup_limit_ms: "20000", drain_ms: "500" },
        records: { url: recordsUrl, migrate: "on_start" },
      },
    }),
    server: { processes: 2 },
    admin: { api_keys_sha256: [apiKeyHash(operatorKey)] },
    sip: { host: "127.0.0.1", udp_port: firstPort, end_wait_ms: 1000, trace_calls: 100 },
    trunks: {
      [trunkName]: { ranges: ["block"], sip: udp(sipp.port) },
      pbx: { asterisk: "local", endpoint: "pbx", ranges: ["block"] },
      account: { ranges: ["block"], sip: { ...udp(kamailio.port), ...account, register: { expires_seconds: 60 } } },
    },
    routes: [
      { prefix: "+", trunks: [trunkName] },
      { prefix: viaAsterisk, trunks: ["pbx"] },
    ],
    sms: {
      senders: [{ sender: "ACME" }],
      routes: { one: { smpp: { binds: { a: bindTo(smsc.port) } } } },
      prefixes: [{ prefix: "+", routes: ["one"] }],
    },
  };
  await writeFile(file, stringify(document));
  await begin();
});
afterAll(async () => {
  gateway?.child.kill("SIGTERM");
  await gateway?.exitCode();
  await Promise.all([kamailio?.stop(), smsc?.close(), postgres?.stop()]);
  await rm(dir, { recursive: true, force: true });
});

async function begin(): Promise<void> {
  gateway = onering("serve", "--config", file);
  await gateway.says(/all 2 processes serve/);
  url = /listening on (http:\/\/[^"\s]+)/.exec(gateway.output())?.[1] ?? "";
}

const client = () => gatewayClient(url);
const lines = () => gateway.output().split("\n");
/** How often a process logged something. */
const logged = (index: number, text: string) =>
  lines().filter((line) => line.includes(`"process":${index},`) && line.includes(text)).length;
/** The newest process of an index. */
function pidOf(index: number): number {
  const [, pid] = new RegExp(`"pid":(\\d+),"process":${index},`).exec(lines().reverse().join("\n")) ?? [];
  if (pid === undefined) throw new Error(`process ${index} logged nothing`);
  return Number(pid);
}
let called = 0;
/** Starts verifications, each over a connection of its own. @returns their ids */
async function start(count: number, prefix = "+4474001", channel = "missed_call"): Promise<string[]> {
  const callees = Array.from({ length: count }, () => `${prefix}${String(called++).padStart(5, "0")}`);
  return await Promise.all(callees.map((to) => startOne({ to, channel })));
}
async function startOne(body: { readonly to: string; readonly channel: string }): Promise<string> {
  const { status, answer } = await post("/v1/verifications", body);
  expect([status, answer]).toEqual([201, expect.anything()]);
  return (JSON.parse(answer) as { id: string }).id;
}
/** Over a connection of its own, which the primary deals to the next process. */
async function post(path: string, body: Record<string, unknown> = {}) {
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const asked = request(`${url}${path}`, { method: "POST", agent: false, headers });
  asked.end(JSON.stringify(body));
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode, answer: await text(response) };
}
async function metric(pattern: RegExp): Promise<number> {
  const answer = await client().get("/metrics");
  return sum([...answer.text.matchAll(pattern)].map(([, value]) => Number(value)));
}
const startedTotal = () => metric(/^onering_verifications_started_total\{.*\} (\d+)$/gm);
const bindings = () =>
  kamailio.lines().flatMap((line) => /^REGISTER 200 .*@127\.0\.0\.1:(\d+)\S* expires 60/.exec(line)?.[1] ?? []);

test("requests come to both; metrics, traces and a reload are those of both", async () => {
  const ids = await start(12);
  const messages = await sipp.waitFor((all) => branches(all, "INVITE").size === 12);
  const ofEach = [firstPort, firstPort + 1].map((port) => branches(messages, "INVITE", port).size);
  // A connection goes to the process that is free: on a busy machine one of them may get most.
  expect([ofEach, Math.min(...ofEach) > 0, sum(ofEach)]).toEqual([ofEach, true, 12]);
  expect(await startedTotal()).toBe(12);
  expect(await metric(/^onering_processes\{state="serving"\} (\d+)$/gm)).toBe(2);
  const operator = gatewayClient(url, operatorKey);
  const traces = await Promise.all(ids.map((id) => operator.get(`/v1/admin/calls/${id}/trace`)));
  expect(traces.map(({ status }) => status)).toEqual(ids.map(() => 200));

  await writeFile(file, stringify({ ...document, limits: { apps: { calls_per_day: 1000 } } }));
  const { status, json } = await operator.post("/v1/admin/reload");
  expect([status, json]).toMatchObject([200, { applied: [{ key: "limits.apps.calls_per_day" }], needs_restart: [] }]);
  const reloads = () => [logged(0, "configuration reloaded"), logged(1, "configuration reloaded")];
  await expect.poll(reloads, waits).toEqual([1, 1]);
  await writeFile(file, stringify(document));
  gateway.child.kill("SIGHUP");
  await expect.poll(reloads, waits).toEqual([2, 2]);
});

test("one registers; when it is killed its phones are canceled at once, another one registers, and no count falls", async () => {
  expect(bindings()).toEqual([String(firstPort)]);
  expect(await metric(/^onering_sip_trunk_registered\{trunk="account"\} (\d)$/gm)).toBe(1);
  await start(12);
  const orphans = open(await sipp.waitFor((all) => open(all, firstPort).length > 0), firstPort);
  const before = await startedTotal();
  process.kill(pidOf(0), "SIGKILL");
  const killedAtMs = performance.now();
  await sipp.waitFor((all) => orphans.every((branch) => branches(all, "CANCEL").has(branch)));
  expect(performance.now() - killedAtMs).toBeLessThan(takenOverMs);
  await kamailio.line(new RegExp(`^REGISTER 200 .*:${firstPort + 1}\\b`));
  await gateway.says(/process serves again/);
  expect(await startedTotal()).toBe(before);
  await start(4);
  expect(await startedTotal()).toBe(before + 4);
  expect(await metric(/^onering_process_restarts_total\{process="0"\} (\d+)$/gm)).toBe(1);
  expect(bindings()).toEqual([String(firstPort), String(firstPort + 1)]);
});

const look = async (id: string) => (await client().get(`/v1/verifications/${id}`)).json;
const states = (ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => ((await look(id)).delivery as { readonly state: unknown }).state));
/** Ids of verifications that ended here, to be found in PostgreSQL. */
const ended: string[] = [];

test("calls over an Asterisk are placed by both, and each of them has the events of its own", async () => {
  const ids = await start(12, viaAsterisk);
  // On a machine that is slow some ring no longer when the last one does.
  const rings = expect.stringMatching(/^(ringing|rung)$/);
  await expect.poll(() => states(ids), waits).toEqual(ids.map(() => rings));
  const rang = [0, 1].map((index) => logged(index, '"trunk":"pbx","asterisk":"local"'));
  expect([rang, Math.min(...rang) > 0]).toEqual([rang, true]);
  await expect.poll(() => metric(/^onering_asterisk_connected\{asterisk="local"\} (\d)$/gm), waits).toBe(1);
  for (const id of ids) expect((await client().post(`/v1/verifications/${id}/cancel`)).status).toBe(200);
  ended.push(...ids);
});

test("a cancel that reaches the other process hangs up at once, as one that reaches the process of the call", async () => {
  const before = new Set(branches(await sipp.messages(), "INVITE"));
  const ids: string[] = [];
  for (let count = 0; count < 6; count++) ids.push(...(await start(1)));
  const rings = expect.stringMatching(/^(ringing|rung)$/);
  await expect.poll(() => states(ids), waits).toEqual(ids.map(() => rings));
  const atMs = performance.now();
  // In an order in which some reach the other process, whichever one is next.
  for (const at of [0, 1, 2, 4, 3, 5]) {
    expect((await post(`/v1/verifications/${ids[at]}/cancel`)).status).toBe(200);
  }
  const own = (all: readonly SipMessage[]) => [...branches(all, "INVITE")].filter((branch) => !before.has(branch));
  await sipp.waitFor((all) => own(all).every((branch) => branches(all, "CANCEL").has(branch)));
  // By themselves they would ring for 5 s.
  expect(performance.now() - atMs).toBeLessThan(takenOverMs);
  const processOf = (id: string, text: string) =>
    lines().flatMap((line) =>
      line.includes(`"id":"${id}"`) && line.includes(text) ? (/"process":(\d),/.exec(line)?.[1] ?? []) : [],
    )[0];
  const moved = ids.filter((id) => processOf(id, "verification started") !== processOf(id, "verification ended"));
  expect(moved.length).toBeGreaterThan(0);
  ended.push(...ids);
});

test("each binds to the SMSC, and a receipt counts whichever bind it comes over", async () => {
  await expect.poll(() => smsc.binds, waits).toBe(2);
  const ids = await start(12, "+4474003", "sms");
  await expect.poll(() => messages.length, waits).toBe(12);
  // All over the first bind.
  for (const { id, to } of messages) smsc.receipt(id, to, { state: "DELIVRD", afterMs: 0 });
  await expect.poll(() => states(ids), waits).toEqual(ids.map(() => "delivered"));
  await expect.poll(() => smsc.deliverStatuses, waits).toEqual(ids.map(() => 0));
  const sentBy = [0, 1].map((index) => logged(index, '"channel":"sms"'));
  expect([sentBy, Math.min(...sentBy) > 0]).toEqual([sentBy, true]);
});

test("what ended is in PostgreSQL once, whichever process it ended in", async () => {
  await expect.poll(() => metric(/^onering_records_up\{backend="postgres"\} (\d)$/gm), waits).toBe(1);
  const rows = async () => {
    const found = await postgres.ask(recordsUrl, "select verification from cdrs where status = 'canceled'");
    return found.map(({ verification }) => verification).sort();
  };
  await expect.poll(rows, waits).toEqual([...ended].sort());
});

// A skipped test would look like one that cannot run here.
if (wide) {
  test("a second gateway on the same port ends at once, and says why", async () => {
    const [, port] = /:(\d+)$/.exec(url) ?? [];
    const second = path.join(dir, "second.yaml");
    await writeFile(second, stringify({ ...document, http: { port: Number(port) } }));
    const other = onering("serve", "--config", second);
    expect(await other.exitCode()).toBe(1);
    expect(other.output()).toMatch(/onering: 127\.0\.0\.1:\d+ is in use by another process/);
  });

  test("phones that ring for one that is killed stop within their bound, those of the other go on", async () => {
    await start(12);
    const [mine, others] = [firstPort, firstPort + 1];
    const ringing = await sipp.waitFor((all) => open(all, mine).length > 0 && open(all, others).length > 0);
    const [orphans, own] = [open(ringing, mine), open(ringing, others)];
    process.kill(pidOf(0), "SIGKILL");
    const killedAtMs = performance.now();
    await sipp.waitFor((all) => orphans.every((branch) => branches(all, "CANCEL").has(branch)), takenOverMs + 2000);
    expect(performance.now() - killedAtMs).toBeLessThan(takenOverMs);
    await sipp.waitFor((all) => own.every((branch) => branches(all, "CANCEL").has(branch)), 8000);
  });

  test("where the primary is killed, the others end their calls and themselves", async () => {
    await start(4);
    const pids = [pidOf(0), pidOf(1)];
    await sipp.waitFor((all) => open(all, firstPort).length + open(all, firstPort + 1).length > 0);
    gateway.child.kill("SIGKILL");
    const alive = (pid: number) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(() => pids.some(alive), waits).toBe(false);
    await sipp.waitFor((all) => open(all, firstPort).length + open(all, firstPort + 1).length === 0);
    await begin();
  });
}

test("SIGTERM drains both: their calls end, and the exit code is 0", async () => {
  // Of earlier tests, whose phones may ring.
  const earlier = new Set(branches(await sipp.messages(), "INVITE"));
  const own = (all: readonly SipMessage[]) =>
    [firstPort, firstPort + 1].map((port) => open(all, port).filter((branch) => !earlier.has(branch)).length);
  await start(2);
  await sipp.waitFor((all) => Math.min(...own(all)) > 0);
  gateway.child.kill("SIGTERM");
  expect(await gateway.exitCode()).toBe(0);
  expect([logged(0, '"stopped"'), logged(1, '"stopped"')]).toEqual([1, 1]);
  expect(own(await sipp.messages())).toEqual([0, 0]);
  expect(kamailio.lines().at(-1)).toMatch(/^REGISTER 200 .* expires 0$/);
});

const bindTo = (port: number) => ({
  ...{ host: "127.0.0.1", port, system_id: "onering", password: smppPassword, tls: { enabled: false } },
  messages_per_second: 1000,
});
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Branches of requests that came, perhaps of one process alone. */
function branches(messages: readonly SipMessage[], method: string, port?: number): Set<string> {
  const found = messages.filter(({ startLine, direction, text }) => {
    return (
      direction === "received" &&
      startLine.startsWith(method) &&
      (port === undefined || text.includes(`127.0.0.1:${port};`))
    );
  });
  return new Set(found.flatMap(({ text }) => /branch=([^;\s]+)/.exec(text)?.[1] ?? []));
}

/** Calls of a process that were not canceled. */
function open(messages: readonly SipMessage[], port: number): string[] {
  const canceled = branches(messages, "CANCEL");
  return [...branches(messages, "INVITE", port)].filter((branch) => !canceled.has(branch));
}
