/** A gateway process reloads its file: apps come and go, calls go on, and a file with problems changes nothing. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import packaged from "libphonenumber-js/max/metadata";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { builtIn } from "../../../src/numbers/built-in-metadata.ts";
import { onering, type RunningCommand } from "../../support/command.ts";
import { apiKey, gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const keys = { shop: "or_reload-test-key-of-the-new-app", operator: "or_reload-test-key-of-the-operator" };
let dir: string;
let file: string;
let gateway: RunningCommand;
let url: string;
let document: Record<string, unknown>;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-reload-"));
  file = path.join(dir, "onering.yaml");
  const { url: redisUrl } = await runtime.redis();
  const carrier = await runtime.carrier({ scenario: "ringing" });
  const trunk = { name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp" } as const;
  const asterisk = await runtime.asterisk({ trunks: [{ ...trunk, qualifySeconds: 1 }] });
  document = gatewayDocument({
    ...{ redisUrl, asterisk },
    config: {
      admin: { api_keys_sha256: [apiKeyHash(keys.operator)] },
      calls: { ring_ms: "3000" },
      records: { url: `sqlite:${path.join(dir, "records.db")}` },
      ranges: { other: { prefix: "+44770091", digits: "4" } },
      trunks: { carrier: { asterisk: "local", endpoint: "carrier", ranges: ["block", "other"] } },
    },
  });
  await write(document);
  gateway = onering("serve", "--config", file);
  [, url = ""] = await gateway.says(/listening on (http:\/\/[^"\s]+)/);
  await gatewayClient(url).waitForHttp("/readyz", 200);
});
afterAll(async () => {
  gateway?.child.kill("SIGTERM");
  await gateway?.exitCode();
  await rm(dir, { recursive: true, force: true });
});

const write = (content: unknown) => writeFile(file, stringify(content).replaceAll(/"(\d+)"/g, "$1"));
const section = (name: string) => document[name] as Record<string, unknown>;
const reloads = () => gateway.output().split("configuration reloaded").length - 1;

async function hangUp(): Promise<void> {
  const before = reloads();
  gateway.child.kill("SIGHUP");
  await expect.poll(reloads, { timeout: 5000 }).toBe(before + 1);
}

test("SIGHUP while a phone rings: the new app works, the removed key is refused, the call goes on", async () => {
  const old = gatewayClient(url);
  const { id } = await old.start("+447400660101");
  await old.waitForStatus(id, ["ringing"]);

  await write({
    ...document,
    apps: {
      shop: {
        ...{ api_keys_sha256: [apiKeyHash(keys.shop)], ttl_seconds: 120, ring_ms: 1000 },
        ...{ denied_prefixes: ["+4475"], ranges: ["other"] },
      },
    },
    numbers: { denied_prefixes: ["+447400661"] },
    calls: { ...section("calls"), drain_ms: "4000" },
  });
  await hangUp();

  const shop = gatewayClient(url, keys.shop);
  expect((await old.post("/v1/verifications", { to: "+447400660102" })).status).toBe(401);
  const started = await shop.start("+447400660103");
  expect(Date.parse(String(started.expires_at)) - Date.parse(String(started.created_at))).toBe(120_000);
  expect(started).toMatchObject({
    delivery: { missed_call: { caller_id: { prefix: "+44770091" }, ring: { ms: 1000 } } },
  });
  for (const to of ["+447400661000", "+447500660104"]) {
    expect((await shop.post("/v1/numbers/lookup", { number: to })).json).toMatchObject({ callable: false });
    expect((await shop.post("/v1/verifications", { to })).json).toMatchObject({ code: "number_not_callable" });
  }
  expect(gateway.output()).toMatch(/"key":"calls\.drain_ms","before":"3000","after":"4000".*restart the gateway/);
  // The first call is not cut short: it rings as long as it would have.
  await expect
    .poll(() => gateway.output(), { timeout: 10_000 })
    .toMatch(new RegExp(`"callId":"${id}[^\\n]*"outcome":"rang"`));
  const { delivery } = await shop.waitForStatus(started.id, ["rung"]);
  const { attempt } = (delivery as { missed_call: { attempt: { ring_ms: number } } }).missed_call;
  // Of its own ring_ms, which is a third of the gateway's.
  expect(attempt.ring_ms).toBeLessThan(2500);

  await write(document);
  await hangUp();
  expect(await old.waitForStatus(id, ["rung"])).toMatchObject({ reason: "rang" });
  expect((await shop.get(`/v1/verifications/${started.id}`)).status).toBe(401);
});

test("newer numbering plans come into use, also behind the same path; a file that is cut off changes nothing", async () => {
  const client = gatewayClient(url);
  const lookup = async () => (await client.post("/v1/numbers/lookup", { number: "+447000123456" })).json;
  expect(await lookup()).toMatchObject({ type: "personal_number", metadata: { version: builtIn.version } });

  const plans = structuredClone(packaged) as unknown as { countries: { GB: [string, unknown][][] } };
  const types = plans.countries.GB[11] as [string, unknown][];
  const metadataFile = path.join(dir, "libphonenumber-9.9.1.json");
  await writeFile(metadataFile, JSON.stringify(plans));
  await write({ ...document, numbers: { metadata_file: metadataFile } });
  await hangUp();
  expect(await lookup()).toMatchObject({ type: "personal_number", metadata: { version: "9.9.1" } });
  const { text } = await client.get("/metrics");
  expect(text).toContain('onering_numbering_metadata_info{version="9.9.1",source="file"} 1');

  // As if its regulator had made them mobiles.
  types[1] = [`${types[1]?.[0]}|7000\\d{6}`, [10]];
  await writeFile(metadataFile, JSON.stringify(plans));
  await hangUp();
  expect(await lookup()).toMatchObject({ type: "mobile", callable: true });

  await writeFile(metadataFile, JSON.stringify(plans).slice(0, 90_000));
  gateway.child.kill("SIGHUP");
  await gateway.says(/not reloaded: nothing was changed/);
  expect(gateway.output()).toMatch(/numbers\.metadata_file.*it is no JSON object/);
  expect(await lookup()).toMatchObject({ type: "mobile", metadata: { version: "9.9.1" } });

  await write(document);
  await hangUp();
  expect(await lookup()).toMatchObject({ type: "personal_number", metadata: { version: builtIn.version } });
});

test("routes and limits hold at once", async () => {
  const client = gatewayClient(url);
  await write({ ...document, routes: [{ prefix: "+33", trunks: ["carrier"] }] });
  await hangUp();
  expect((await client.post("/v1/verifications", { to: "+447400660110" })).json).toMatchObject({
    code: "country_not_allowed",
  });
  await write({ ...document, limits: { apps: { calls_per_day: "1" } } });
  await hangUp();
  // Calls of the day are counted from the limit on.
  await client.waitForStatus((await client.start("+447400660111")).id, ["rung"]);
  const refused = await client.post("/v1/verifications", { to: "+447400660113" });
  expect(refused.json).toMatchObject({ code: "rate_limited", detail: expect.stringContaining("calls_per_day") });
  await write(document);
  await hangUp();
  await client.waitForStatus((await client.start("+447400660112")).id, ["rung"]);
});

test("a file of ranges is read again, and one with a fault changes nothing", async () => {
  const operator = gatewayClient(url, keys.operator);
  const ranges = path.join(dir, "ranges.csv");
  const network = async () =>
    (await gatewayClient(url).post("/v1/numbers/lookup", { number: "+447400660105" })).json.network;
  const reload = () => operator.post("/v1/admin/reload");
  await writeFile(ranges, "447400,23420,First\n");
  await write({ ...document, networks: { file: { path: ranges } } });
  expect((await reload()).json).toMatchObject({ needs_restart: [], held_back: [] });
  expect(await network()).toMatchObject({ name: "First", mcc_mnc: "23420", source: "file" });

  await writeFile(ranges, "447400,23430,Second\n");
  expect((await reload()).json).toMatchObject({ applied: [] });
  expect(await network()).toMatchObject({ name: "Second", source: "file" });

  await writeFile(ranges, "447400,23430,Third\n07400660105,1,x\n");
  const refused = await reload();
  expect(refused).toMatchObject({ status: 422, json: { code: "configuration_invalid" } });
  expect(refused.json.detail).toMatch(/networks\.file\.path.*line 2: prefix/);
  expect(refused.json.detail).not.toContain("7400660105");
  expect(await network()).toMatchObject({ name: "Second" });

  await write(document);
  expect((await reload()).json).toMatchObject({ needs_restart: [] });
  expect(await network()).toMatchObject({ source: "original" });
});

test("POST /v1/admin/reload says what holds and what needs a restart; a file with problems changes nothing", async () => {
  const operator = gatewayClient(url, keys.operator);
  await write({ ...document, log: { level: "warn" }, calls: { ...section("calls"), ring_ms: "2500" } });
  const answer = await operator.post("/v1/admin/reload");
  expect([answer.status, answer.json]).toEqual([
    200,
    {
      applied: [{ key: "log.level", before: '"debug"', after: '"warn"' }],
      needs_restart: [{ key: "calls.ring_ms", before: "3000", after: "2500" }],
      held_back: [],
    },
  ]);
  expect((await gatewayClient(url).post("/v1/admin/reload")).status).toBe(401);
  // What was logged before comes through a pipe, perhaps after the answer.
  await gateway.says(/"before":"3000","after":"2500".*restart the gateway/);
  const quiet = gateway.output().length;
  await gatewayClient(url).get("/v1/verifications/none");

  await write({ ...document, apps: {}, calls: { ring_ms: "1" } });
  const refused = await operator.post("/v1/admin/reload");
  expect(refused).toMatchObject({ status: 422, json: { code: "configuration_invalid" } });
  expect(refused.json.detail).toMatch(/Nothing was changed\. .*2 problems\n.*apps.*\n.*calls\.ring_ms/);
  gateway.child.kill("SIGHUP");
  await gateway.says(/signal SIGHUP.*not reloaded: nothing was changed/);
  expect(gateway.output().slice(quiet)).not.toContain('"level":"info"');
  expect((await gatewayClient(url, apiKey).post("/v1/numbers/lookup", { number: "+447400660105" })).status).toBe(200);

  await write(document);
  expect((await operator.post("/v1/admin/reload")).json).toMatchObject({ needs_restart: [] });
  await expect
    .poll(async () => JSON.stringify((await operator.get("/v1/admin/audit?action=configuration.reload")).json.entries))
    .toMatch(/"outcome":"refused".*"after":\{"applied":\["log\.level"\],"needs_restart":\["calls\.ring_ms"\]/);
});
