/** Networks through the whole gateway: a real name server, real trunks, records; the name server goes away, and calls go on. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { enumDomain } from "../../../src/numbers/networks/enum/source.ts";
import { ensureNameServer } from "../../support/fetch/name-server.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { type Nsd, startNsd } from "../../support/nsd.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";
import { callsPlaced } from "../../support/sipp-log.ts";

const runtime = withRuntime();
const zone = "enum.test";
const names = ["general", "three"] as const;
const ported = "+447400123456";
const listed = "+447400223456";
const unknown = "+447400323456";
let dir: string;
let nsd: Nsd;
let carriers: readonly SippCarrier[];
let gateway: Gateway;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-networks-"));
  await writeFile(path.join(dir, "ranges.csv"), "prefix,mcc_mnc,name\n44740022,234-30,EE of the file\n");
  const program = await ensureNameServer(runtimeDir, () => undefined);
  nsd = await startNsd(program, zone, [
    `${enumDomain(ported, "").slice(0, -1)} IN NAPTR 1 1 "u" "E2U+pstn:tel" "!^.*$!tel:${ported}\\;npdi\\;rn=+447911\\;mcc=234\\;mnc=20!" .`,
  ]);
  const { url: redisUrl } = await runtime.redis();
  carriers = [await runtime.carrier({ scenario: "ringing" }), await runtime.carrier({ scenario: "ringing" })];
  const asterisk = await runtime.asterisk({
    trunks: names.map((name, i) => ({
      ...{ name, host: "127.0.0.1", port: carriers[i]?.port ?? 0, transport: "udp" as const, qualifySeconds: 0 },
    })),
  });
  gateway = await startGateway({
    ...{ redisUrl, asterisk },
    config: {
      trunks: Object.fromEntries(names.map((name) => [name, { asterisk: "local", endpoint: name, ranges: ["block"] }])),
      routes: [
        { prefix: "+", trunks: ["general"] },
        { prefix: "+44", networks: ["234-20"], trunks: ["three"] },
      ],
      networks: {
        wait_ms: "1000",
        names: { "234-20": "Three UK" },
        file: { path: path.join(dir, "ranges.csv") },
        enum: { zone, servers: [nsd.address], timeout_ms: "50", tries: "1", deadline_ms: "400" },
      },
      records: { url: `sqlite:${path.join(dir, "records.db")}` },
    },
  });
  await gateway.waitForHttp("/readyz", 200);
});
afterAll(async () => {
  await gateway?.stop();
  await nsd?.stop();
  await rm(dir, { recursive: true, force: true });
});

const lookUp = async (number: string) => (await gateway.post("/v1/numbers/lookup", { number })).json;
const invites = async () => (await Promise.all(carriers.map((carrier) => carrier.messages()))).map(callsPlaced);

test("lookup says the network, by the file, the name server or the number's range, and who says so", async () => {
  expect((await lookUp(ported)).network).toEqual({ name: "Three UK", mcc_mnc: "23420", source: "enum", ported: true });
  expect((await lookUp(listed)).network).toEqual({
    ...{ name: "EE of the file", mcc_mnc: "23430", source: "file", ported: null },
  });
  expect((await lookUp(unknown)).network).toEqual({ name: "Three", mcc_mnc: null, source: "original", ported: null });
  expect((await lookUp("+442071838750")).network).toBeNull();
});

test("a call to a ported number takes the trunk of its network; record and statistics name it", async () => {
  const { id } = await gateway.start(ported);
  await gateway.waitForStatus(id, ["rung"]);
  expect(await invites()).toEqual([0, 1]);
  await gateway.post(`/v1/verifications/${id}/cancel`);
  const other = await gateway.start(listed);
  await gateway.waitForStatus(other.id, ["rung"]);
  expect(await invites()).toEqual([1, 1]);
  await gateway.post(`/v1/verifications/${other.id}/cancel`);

  const networks = async () => {
    const { json } = await gateway.get("/v1/stats?by=network");
    return (json.stats as { network: string }[] | undefined)?.map(({ network }) => network).sort();
  };
  await expect.poll(networks).toEqual(["EE of the file", "Three UK"]);
  const { json } = await gateway.get(`/v1/cdrs?verification=${id}`);
  expect(JSON.stringify(json)).toContain('"network":"Three UK"');
});

test("the name server goes away: lookups and starts answer in time, by what the range says, and soon wait no more", async () => {
  await nsd.stop();
  const took: number[] = [];
  for (let at = 0; at < 5; at++) {
    const startedMs = performance.now();
    expect((await lookUp(`+44740042345${at}`)).network).toMatchObject({ source: "original" });
    took.push(performance.now() - startedMs);
  }
  // Below the sum of five deadlines: the last ones were not asked.
  expect(Math.max(...took.slice(3))).toBeLessThan(400);
  expect((await gateway.get("/metrics")).text).toMatch(/onering_network_source_up\{source="enum"\} 0/);
  const { id } = await gateway.start("+447400523456");
  await gateway.waitForStatus(id, ["rung"]);
  await gateway.post(`/v1/verifications/${id}/cancel`);
  // What was answered before is still known.
  expect((await lookUp(ported)).network).toMatchObject({ source: "enum" });
  const { text } = await gateway.get("/metrics");
  expect(text).toMatch(/onering_network_lookups_total\{source="enum",result="answered"\} 1\n/);
  expect(text).toMatch(/onering_network_lookups_total\{source="enum",result="(failed|timeout)"\} [3-5]/);
  expect(text).toMatch(/onering_network_lookups_total\{source="enum",result="busy"\} [1-9]/);
  expect(text).toMatch(/onering_network_file_rows 1/);
  expect(gateway.log()).not.toMatch(/7400423450|7400323456/);
});
