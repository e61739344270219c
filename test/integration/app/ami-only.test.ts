/** A gateway on a PBX that opens AMI and nothing else. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { onering } from "../../support/command.ts";
import { type Gateway, gatewayDocument, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
let dir: string;
let redisUrl: string;
let carrier: SippCarrier;
let asterisk: AsteriskServer;
let gateway: Gateway | undefined;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-test-"));
  redisUrl = (await runtime.redis()).url;
  carrier = await runtime.carrier({ scenario: "ringing" });
  const trunk = {
    name: "carrier",
    host: "127.0.0.1",
    port: carrier.port,
    transport: "udp",
    qualifySeconds: 1,
  } as const;
  asterisk = await runtime.asterisk({ trunks: [trunk], amiCallsApp: "onering" });
});
afterAll(async () => {
  await gateway?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** No ARI: neither address nor password. */
function asterisks(ami = asterisk.ami) {
  return { local: { driver: "asterisk-manager", ami: { ...ami, port: String(ami.port) } } };
}

async function doctor(ami?: AsteriskServer["ami"]) {
  const file = path.join(dir, "onering.yaml");
  const document = gatewayDocument({ redisUrl, asterisk, config: { asterisks: asterisks(ami) } });
  await writeFile(file, stringify(document).replaceAll(/"(\d+)"/g, "$1"));
  const command = onering("doctor", "--config", file);
  return { exitCode: await command.exitCode(), output: command.output() };
}

test("verifies: trunk health and calls by one AMI user, each on a connection of its own", async () => {
  gateway = await startGateway({ redisUrl, asterisk, config: { asterisks: asterisks() } });
  await gateway.waitForHttp("/readyz", 200);
  const { id } = await gateway.start("+447400660011");
  await gateway.waitForStatus(id, ["ringing"]);
  await gateway.waitForStatus(id, ["rung"]);
  const messages = await carrier.waitFor((seen) => seen.some(({ method }) => method === "CANCEL"));
  expect(messages.filter(({ method }) => method === "INVITE")).toHaveLength(1);
  for (const secret of [asterisk.ami.password, "447400660011"]) expect(gateway.log()).not.toContain(secret);
});

test("doctor finds nothing to fix, though there is no ARI", async () => {
  const { exitCode, output } = await doctor();
  expect(exitCode, output).toBe(0);
  expect(output).toMatch(/Asterisk local: version 2\d\./);
  expect(output).toContain("AMI may place calls");
  expect(output).toContain("AMI reports carrier: up");
});

test("doctor names a user without the right to place calls, a wrong password and an absent Asterisk", async () => {
  const watched = await runtime.asterisk({ trunks: [] });
  const narrow = await doctor(watched.ami);
  expect(narrow.exitCode).toBe(1);
  expect(narrow.output).toMatch(/FAIL .*may not Originate.*\n +→ /);
  const wrong = await doctor({ ...asterisk.ami, password: "not-the-password" });
  expect(wrong.output).toMatch(/FAIL .*AMI refuses the user or password.*\n +→ .*manager\.conf/);
  expect(wrong.output).not.toContain("not-the-password");
  const absent = await doctor({ ...asterisk.ami, port: 1 });
  expect(absent.output).toMatch(/FAIL .*AMI at 127\.0\.0\.1:1 does not answer/);
});
