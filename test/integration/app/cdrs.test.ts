/**
 * What becomes a detail record: calls on a real Asterisk with SIPp as carriers, messages, inbound calls, through Redis and the relay
 * into SQLite, and out again over HTTP and by the command.
 */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { onering } from "../../support/command.ts";
import { type Gateway, gatewayClient, gatewayDocument, startGateway } from "../../support/gateway.ts";
import { memoryChannel, memoryProvider } from "../../support/memory-provider.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { withScenarios } from "../../support/scenarios.ts";
import { callIn, type SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
const writeScenario = withScenarios();
const provider = memoryProvider();
const ourNumber = "+442079460001";
const bankKey = "or_test-key-of-the-bank-of-this-test";
const operatorKey = "or_test-key-of-the-operator-of-this-test";
let folder: string;
let redisUrl: string;
let asterisk: AsteriskServer;
let ringing: SippCarrier;
let gateway: Gateway;
let document: Record<string, unknown>;
let bank: ReturnType<typeof gatewayClient>;
let operator: ReturnType<typeof gatewayClient>;
let callees = 0;

/** By the prefix its route leads to the carrier that rings, that is busy, or that answers. */
const somebody = (carrier: "rings" | "busy" | "answers") => {
  const prefix = { rings: "+4474001", busy: "+4474002", answers: "+4474003" }[carrier];
  return `${prefix}${String(23_000 + callees++)}`;
};

type Json = Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "onering-cdrs-"));
  redisUrl = (await runtime.redis()).url;
  ringing = await runtime.carrier({ scenario: "ringing" });
  const busy = await runtime.carrier({
    scenario: await writeScenario([{ send: "486 Busy Here", headers: ["Reason: Q.850;cause=17"] }, "ack"]),
  });
  const answering = await runtime.carrier({
    scenario: await writeScenario([{ send: "180 Ringing" }, { send: "200 OK", sdp: true }, "ack", "hang up"]),
  });
  const carriers = Object.entries({ ringing, busy, answering });
  asterisk = await runtime.asterisk({
    trunks: carriers.map(([name, { port }]) => {
      const trunk = { name, host: "127.0.0.1", port, transport: "udp", qualifySeconds: 0 } as const;
      return name === "ringing" ? { ...trunk, inbound: {} } : trunk;
    }),
    inboundApps: ["one"],
  });
  const trunks = Object.fromEntries(
    carriers.map(([name]) => {
      const trunk = { asterisk: "local", endpoint: name, ranges: ["block"] };
      return [name, name === "ringing" ? { ...trunk, inbound: { trusted: "true" } } : trunk];
    }),
  );
  const { ari } = asterisk;
  const parts = {
    redisUrl,
    asterisk,
    config: {
      asterisks: { local: { ari_url: ari.url, ari_user: ari.user, ari_password: ari.password, ari_app: "one" } },
      trunks,
      routes: [
        { prefix: "+4474002", trunks: ["busy"] },
        { prefix: "+4474003", trunks: ["answering"] },
        { prefix: "+", trunks: ["ringing"] },
      ],
      records: { url: `sqlite:${path.join(folder, "records.sqlite")}` },
      call_in: { numbers: [ourNumber] },
      voice: { key_wait_ms: "700", max_prompts: "1" },
      verification: { start_gap_seconds: "0" },
      apps: { bank: { api_keys_sha256: [apiKeyHash(bankKey)] } },
      admin: { api_keys_sha256: [apiKeyHash(operatorKey)] },
    },
  };
  document = gatewayDocument(parts);
  gateway = await startGateway({ ...parts, options: { extraMessageChannels: [memoryChannel(provider)] } });
  bank = gatewayClient(gateway.url, bankKey);
  operator = gatewayClient(gateway.url, operatorKey);
  await gateway.waitForHttp("/readyz", 200);
});
afterAll(async () => {
  await gateway?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(request: Json, by: Pick<Gateway, "post"> = gateway): Promise<string> {
  const { status, json, text } = await by.post("/v1/verifications", request);
  if (status !== 201) throw new Error(`refused: ${status} ${text}`);
  return String(json.id);
}

const recordsOf = async (id: string, by: Pick<Gateway, "get"> = operator) =>
  ((await by.get(`/v1/cdrs?verification=${id}`)).json.cdrs as Json[]).toReversed();

/** The records once they are as expected: they follow their events. */
async function eventually(id: string, done: (records: readonly Json[]) => boolean): Promise<readonly Json[]> {
  let records: readonly Json[] = [];
  const look = async () => {
    records = await recordsOf(id);
    return done(records);
  };
  await expect.poll(look, { timeout: 15_000 }).toBe(true);
  return records;
}

/** The caller ID that the carrier saw with the newest call to this number. */
async function shownTo(to: string): Promise<string> {
  const invites = (await ringing.messages()).filter(
    ({ method, startLine }) => method === "INVITE" && startLine.includes(to),
  );
  return /sip:(\+\d+)@/.exec(invites.at(-1)?.header("From").join() ?? "")?.[1] ?? "";
}

test("a missed call: its path, its evidence, the caller ID that the phone showed, and who it was for", async () => {
  const to = somebody("rings");
  const id = await start({ to, reference: "order-8154" });
  await gateway.waitForStatus(id, ["rung"]);
  const callerId = await shownTo(to);
  const { json } = await gateway.post(`/v1/verifications/${id}/check`, { code: callerId.slice(-4) });
  expect(json.valid).toBe(true);
  const [record, ...more] = await eventually(id, (records) => records.length > 0);
  expect(more).toEqual([]);
  expect(record).toMatchObject({
    ...{ verification: id, number: 1, app: "test", channel: "missed_call", to, country: "GB", prefix: to.slice(0, 8) },
    ...{ trunk: "ringing", asterisk: "local", range: "block", caller_ids: [callerId], outcome: "rang", alerted: true },
    ...{ attempts: [{ trunk: "ringing", asterisk: "local", outcome: "rang" }], answered: false, ended_by: "us" },
    ...{ state: "rung", reason: "rang", delivered: true, verified: true, status: "verified", checks_used: 1 },
    ...{ network: "Three", guard_decision: null, test: false, reference: "order-8154", cost: null, source: "events" },
  });
  expect(record?.post_dial_delay_ms).toBeGreaterThanOrEqual(0);
  expect(record?.ring_ms).toBeGreaterThan(500);
});

test("a call that still rang when its verification was canceled: the record gets its evidence afterwards", async () => {
  const to = somebody("rings");
  const id = await start({ to });
  await gateway.waitForStatus(id, ["ringing"]);
  await gateway.post(`/v1/verifications/${id}/cancel`);
  const [record] = await eventually(id, ([one]) => one?.outcome !== null && one?.outcome !== undefined);
  expect(record).toMatchObject({
    ...{ status: "canceled", verified: false, alerted: true, trunk: "ringing", caller_ids: [await shownTo(to)] },
  });
});

test("a workflow: the call that was busy and the message that verified have a record each, with the price", async () => {
  const before = provider.sent.length;
  const to = somebody("busy");
  const id = await start({ to, workflow: [{ channel: "missed_call" }, { channel: "memory" }] });
  await expect.poll(() => provider.sent.length, { timeout: 10_000 }).toBe(before + 1);
  await expect
    .poll(
      async () =>
        (await gateway.post(`/v1/verifications/${id}/check`, { code: provider.sent.at(-1)?.code })).json.valid,
    )
    .toBe(true);
  const records = await eventually(id, (found) => found.length === 2);
  expect(records).toMatchObject([
    { number: 1, channel: "missed_call", outcome: "busy", sip_status: 486, q850: 17, trunk: "busy", delivered: false },
    { number: 2, channel: "memory", route: "memory", segments: 1, cost: 0.05, verified: true, outcome: null },
  ]);
});

test("a message whose receipt comes after the end is delivered in its record", async () => {
  const to = somebody("rings");
  const before = provider.sent.length;
  const id = await start({ to, channel: "memory" });
  await expect.poll(() => provider.sent.length).toBe(before + 1);
  await gateway.post(`/v1/verifications/${id}/check`, { code: provider.sent.at(-1)?.code });
  await eventually(id, ([one]) => one?.state === "sent");
  await provider.receipt({ state: "delivered" });
  await eventually(id, ([one]) => one?.state === "delivered");
});

test("a call by the person has the trunk that it came in on", async () => {
  const to = somebody("rings");
  const id = await start({ to, channel: "call_in" });
  await callIn({ to: asterisk.ports.sip, caller: to, called: ourNumber });
  const [record] = await eventually(id, (found) => found.length > 0);
  expect(record).toMatchObject({
    ...{ channel: "call_in", trunk: "ringing", state: "called", verified: true, checks_used: null, attempts: [] },
  });
});

test("a voice call that was answered and hung up", async () => {
  const id = await start({ to: somebody("answers"), channel: "voice" });
  const [record] = await eventually(id, (found) => found.length > 0);
  expect(record).toMatchObject({
    ...{
      channel: "voice",
      trunk: "answering",
      outcome: "answered",
      answered: true,
      state: "failed",
      reason: "hung_up",
    },
    ...{ status: "undeliverable", delivered: false, false_answer: false },
  });
  expect(record?.talk_ms).toBeGreaterThanOrEqual(0);
});

describe("who sees what", () => {
  test("an app nothing of another one: records, exports, statistics, searches", async () => {
    const to = somebody("rings");
    const id = await start({ to, channel: "memory", reference: "of the bank" }, bank);
    await bank.post(`/v1/verifications/${id}/cancel`);
    await eventually(id, (found) => found.length > 0);
    expect(await recordsOf(id, gateway)).toEqual([]);
    expect(await recordsOf(id, bank)).toMatchObject([{ app: "bank", status: "canceled" }]);
    for (const format of ["csv", "ndjson"]) {
      expect((await gateway.get(`/v1/cdrs?format=${format}`)).text).not.toContain("bank");
      expect((await bank.get(`/v1/cdrs?format=${format}`)).text).not.toContain("order-8154");
      expect((await operator.get(`/v1/cdrs?format=${format}`)).text).toContain("of the bank");
    }
    expect((await gateway.post("/v1/cdrs/search", { to })).json.cdrs).toEqual([]);
    expect((await gateway.post("/v1/verifications/search", { to })).json.verifications).toEqual([]);
    expect((await bank.get("/v1/stats?by=app")).json.stats).toMatchObject([{ app: "bank", started: 1, verified: 0 }]);
    const all = (await operator.get("/v1/stats?by=app")).json.stats as Json[];
    expect(all.map(({ app }) => app)).toEqual(["bank", "test"]);
  });

  test("no code and no caller ID of an open verification anywhere", async () => {
    const to = somebody("rings");
    const id = await start({ to });
    await gateway.waitForStatus(id, ["rung"]);
    const callerId = await shownTo(to);
    expect(callerId).toMatch(/^\+44770090\d{4}$/);
    const redis = new Redis(redisUrl);
    const contents = await redisContents(redis);
    redis.disconnect();
    const seen = [
      JSON.stringify(contents),
      (await operator.get("/v1/cdrs?format=ndjson")).text,
      (await operator.post("/v1/verifications/search", { to })).text,
    ];
    for (const text of seen) {
      for (const line of text.split("\n")) {
        // Of others that have ended it is there.
        if (line.includes(id) || line === seen[0]) expect(line).not.toContain(callerId.slice(1));
      }
    }
    expect(seen[2]).toContain(id);
    await gateway.post(`/v1/verifications/${id}/cancel`);
    await eventually(id, ([one]) => String(one?.caller_ids) === callerId);
  });
});

test("support finds an open verification by its number, and an ended one by number and reference", async () => {
  const to = somebody("rings");
  const open = await start({ to, channel: "memory", reference: "open one" });
  const find = async (body: Json) =>
    (await gateway.post("/v1/verifications/search", body)).json.verifications as Json[];
  const national = { to: `0${to.slice(3)}`, country: "GB" };
  expect(await find(national)).toMatchObject([{ id: open, channel: "memory", ended_at: null, reference: "open one" }]);
  expect(await find({ reference: "open one" })).toEqual([]);
  await gateway.post(`/v1/verifications/${open}/cancel`);
  await eventually(open, (found) => found.length > 0);
  expect(await find({ reference: "open one" })).toMatchObject([
    { id: open, status: "canceled", deliveries: [{ number: 1 }] },
  ]);
  const again = await start({ to, channel: "memory" });
  expect((await find({ to })).map(({ id }) => id)).toEqual([again, open]);
  expect((await find({ to, status: "canceled" })).map(({ id }) => id)).toEqual([open]);
});

test("the statistics are the sums over the records", async () => {
  const records = (await operator.get("/v1/cdrs?limit=1000")).json.cdrs as Json[];
  const count = (done: (record: Json) => boolean) => records.filter(done).length;
  const attempts = records.flatMap((record) => record.attempts as Json[]);
  await expect
    .poll(async () => (await operator.get("/v1/stats")).json.total)
    .toMatchObject({
      started: records.length,
      delivered: count(({ delivered }) => delivered === true),
      verified: count(({ verified }) => verified === true),
      attempts: attempts.length,
      answered: attempts.filter(({ outcome }) => outcome === "answered").length,
    });
  const { stats } = (await operator.get("/v1/stats?by=hour,channel,trunk")).json as { stats: Json[] };
  expect(stats.find(({ channel, trunk }) => channel === "missed_call" && trunk === "busy")).toMatchObject({
    ...{ started: 1, delivered: 0, attempts: 1, asr: 0, ner: 1, conversion: 0 },
  });
});

test("the command exports them while the gateway runs, into a file for its owner alone", async () => {
  const config = path.join(folder, "onering.yaml");
  await writeFile(config, stringify(document).replaceAll(/"(\d+)"/g, "$1"));
  const out = path.join(folder, "cdrs.csv");
  const exported = onering("cdrs", "--config", config, "--app", "test", "--out", out);
  expect(await exported.exitCode(), exported.output()).toBe(0);
  expect(exported.output()).toMatch(/^\d+ records\n$/);
  const lines = (await readFile(out, "utf8")).trimEnd().split("\r\n");
  const records = (await gateway.get("/v1/cdrs?limit=1000")).json.cdrs as Json[];
  expect(lines).toHaveLength(records.length + 1);
  expect((await stat(out)).mode & 0o777).toBe(0o600);
  expect(lines[0]).toMatch(/^verification,number,app,/);
  expect(lines.join("\n")).not.toContain(",bank,");
  const nothing = onering("cdrs", "--config", config, "--format", "ndjson", "--to", "2020-01-01");
  expect(await nothing.exitCode()).toBe(0);
  expect(nothing.output()).toBe("0 records\n");
});
