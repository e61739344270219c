/** The commands as an operator runs them: compiled, in a process of their own, with a file and signals. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import packageJson from "../../../package.json" with { type: "json" };
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { type RunningCommand, run as runAny, onering as runOnering } from "../../support/command.ts";
import { doctor as runDoctor } from "../../support/doctor.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
let dir: string;
let redisUrl: string;
let carrier: SippCarrier;
let asterisk: AsteriskServer;
const started: ChildProcess[] = [];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-test-"));
  redisUrl = (await runtime.redis()).url;
  carrier = await runtime.carrier({ scenario: "ringing" });
  const trunk = { name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp" } as const;
  asterisk = await runtime.asterisk({ trunks: [{ ...trunk, qualifySeconds: 1 }] });
});
afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

async function configFile(config: Record<string, Record<string, unknown>> = {}): Promise<string> {
  const file = path.join(dir, "onering.yaml");
  await writeFile(file, stringify(gatewayDocument({ redisUrl, asterisk, config })).replaceAll(/"(\d+)"/g, "$1"));
  return file;
}

/** What runs is ended with the tests. */
function tracked<T extends RunningCommand>(command: T): T {
  started.push(command.child);
  return command;
}
const onering = (...args: string[]) => tracked(runOnering(...args));
const run = (command: string, ...args: string[]) => tracked(runAny(command, ...args));

describe("onering serve", () => {
  test("SIGTERM while a phone rings: new starts are refused, checks go on, the call ends, the process ends with 0", async () => {
    const gateway = onering(
      "serve",
      "--config",
      await configFile({ calls: { ring_ms: "2000", setup_limit_ms: "4000" } }),
    );
    const [, url = ""] = await gateway.says(/listening on (http:\/\/[^"\s]+)/);
    const client = gatewayClient(url);
    await client.waitForHttp("/readyz", 200);
    const { id } = await client.start("+447400660001");
    await client.waitForStatus(id, ["ringing"]);

    gateway.child.kill("SIGTERM");
    await client.waitForHttp("/readyz", 503);
    const refused = await client.post("/v1/verifications", { to: "+447400660002" });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).not.toBeNull();
    expect((await client.post(`/v1/verifications/${id}/check`, { code: "0000" })).status).toBe(200);

    expect(await gateway.exitCode()).toBe(0);
    const messages = await carrier.waitFor((seen) => seen.some((message) => message.method === "CANCEL"));
    expect(messages.filter((message) => message.method === "INVITE")).toHaveLength(1);
    await expect.poll(() => asterisk.cli("core show channels concise")).not.toContain("PJSIP");
  });

  test("a signal to npm ends the gateway too: its shell kept the signal and left an orphan", async () => {
    const npm = run("npm", "run", "-s", "serve", "--", "--config", await configFile());
    const [, pid = ""] = await npm.says(/"pid":(\d+).*listening on/);
    onTestFinished(() => {
      spawnSync("kill", ["-KILL", pid]);
    });
    npm.child.kill("SIGTERM");
    // Its output closes when the last process that holds it has ended.
    await npm.exitCode();
    expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
  });

  test("a second one on a taken port ends with 1 and its reason in the log, and leaves the first one's calls alone", async () => {
    const file = await configFile({ http: { port: String(await freePort("tcp")) } });
    const first = onering("serve", "--config", file);
    const [, url = ""] = await first.says(/listening on (http:\/\/[^"\s]+)/);
    const client = gatewayClient(url);
    await client.waitForHttp("/readyz", 200);
    const { id } = await client.start("+447400660003");
    await client.waitForStatus(id, ["ringing"]);

    const second = onering("serve", "--config", file);
    expect(await second.exitCode()).toBe(1);
    const lines = second.output().split("\n");
    const fatal = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    expect(fatal.at(-1)).toMatchObject({
      level: "fatal",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      msg: expect.stringMatching(/^cannot start: 127\.0\.0\.1:\d+ is in use by another process/),
    });
    expect(second.output()).not.toMatch(/connected to (ARI|Asterisk|AMI)/);
    expect(await client.waitForStatus(id, ["rung"])).toMatchObject({ reason: "rang" });
    expect((await client.get("/readyz")).status).toBe(200);
    expect(first.output()).not.toMatch(/"level":"(warn|error|fatal)"/);
    first.child.kill("SIGTERM");
    expect(await first.exitCode()).toBe(0);
  });

  test("any failed start stops what was started, and ends with 1 and the reason: here an address of another machine", async () => {
    const gateway = onering("serve", "--config", await configFile({ http: { host: "192.0.2.1" } }));
    expect(await gateway.exitCode()).toBe(1);
    expect(gateway.output()).toMatch(/"level":"fatal".*cannot start: 192\.0\.2\.1 is not an address of this machine/);
  });

  test("SIGHUP reloads, SIGUSR2 is logged, and both end nothing; the first line and /metrics have the version", async () => {
    const gateway = onering("serve", "--config", await configFile());
    const [, url = ""] = await gateway.says(/listening on (http:\/\/[^"\s]+)/);
    expect(JSON.parse(gateway.output().split("\n")[0] ?? "")).toMatchObject({ version: packageJson.version });
    gateway.child.kill("SIGHUP");
    await gateway.says(/configuration reloaded: 0 changes applied/);
    gateway.child.kill("SIGUSR2");
    await gateway.says(/SIGUSR2 ignored/);
    const client = gatewayClient(url);
    await client.waitForHttp("/readyz", 200);
    expect((await client.get("/healthz")).json).toEqual({ alive: true, version: packageJson.version });
    expect((await client.get("/metrics")).text).toContain(`onering_build_info{version="${packageJson.version}"`);
    gateway.child.kill("SIGTERM");
    expect(await gateway.exitCode()).toBe(0);
  });

  test("a wrong configuration ends with 78 and names every problem", async () => {
    const gateway = onering("serve", "--config", await configFile({ calls: { ring_ms: "1", rings: "3" } }));
    expect(await gateway.exitCode()).toBe(78);
    expect(gateway.output()).toContain("calls.ring_ms");
    expect(gateway.output()).toContain("calls.rings");
  });
});

describe("onering doctor", () => {
  test("reports Ready where nothing is to be fixed", async () => {
    const doctor = onering("doctor", "--config", await configFile());
    expect(await doctor.exitCode(), doctor.output()).toBe(0);
    expect(doctor.output()).toContain("Ready, with 1 warning above.");
    expect(doctor.output()).not.toMatch(/FAIL/);
    expect(doctor.output()).toContain("AMI reports carrier: up");
    // The Redis of tests keeps nothing: that is no fault, and yet an operator must know.
    expect(doctor.output()).toMatch(/warn .*Redis: has no append-only file\n +→ .*appendfsync always/);
  });

  test("tells it as JSON, too", async () => {
    const doctor = onering("doctor", "--json", "--config", await configFile());
    expect(await doctor.exitCode(), doctor.output()).toBe(0);
    const { ready, version, findings } = JSON.parse(doctor.output());
    expect({ ready, version }).toEqual({ ready: true, version: packageJson.version });
    expect(findings).toContainEqual({
      level: "warn",
      what: expect.stringContaining("append-only"),
      fix: expect.stringContaining("appendfsync always"),
    });
  });

  test("a trunk that Asterisk has not yet qualified after its start is no problem: it waits for the first OPTIONS", async () => {
    const trunk = { name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp" as const };
    const fresh = await runtime.asterisk({ trunks: [{ ...trunk, qualifySeconds: 8 }] });
    const document = gatewayDocument({ redisUrl, asterisk: fresh });
    const { code, output } = await runDoctor(document);
    expect(code, output).toBe(0);
  });

  test("a read-only ARI user is a problem: no call could be placed", async () => {
    const own = await runtime.asterisk({ trunks: [] });
    const ariConf = path.join(own.dir, "etc/ari.conf");
    await writeFile(ariConf, (await readFile(ariConf, "utf8")).replace("read_only = no", "read_only = yes"));
    await own.cli("module reload res_ari.so");
    const { code, output } = await runDoctor(gatewayDocument({ redisUrl, asterisk: own }));
    expect(code).toBe(1);
    expect(output).toMatch(/FAIL .*the ARI user onering may only read: no call can be placed\n +→ .*read_only = no/);
  });

  test("names a wrong AMI password, with what to do, and tells no secret", async () => {
    const asterisks = gatewayDocument({ redisUrl, asterisk }).asterisks as { local: { ami: object } };
    const ami = { ...asterisks.local.ami, password: "not-the-password" };
    const doctor = onering(
      "doctor",
      "--config",
      await configFile({ asterisks: { local: { ...asterisks.local, ami } } }),
    );
    await doctor.exitCode();
    expect(doctor.output()).toMatch(
      /warn .*AMI refuses user onering \(Authentication failed\).*\n +→ .*\[onering\] in manager\.conf/,
    );
    expect(doctor.output()).not.toContain("not-the-password");
  });

  test("names an AMI port on which nothing listens as that, not as missing rights", async () => {
    const asterisks = gatewayDocument({ redisUrl, asterisk }).asterisks as { local: { ami: object } };
    const ami = { ...asterisks.local.ami, port: String(await freePort("tcp")) };
    const config = { asterisks: { local: { ...asterisks.local, ami } } };
    const { output } = await runDoctor(gatewayDocument({ redisUrl, asterisk, config }));
    expect(output).toMatch(/warn .*cannot connect to AMI at 127\.0\.0\.1:\d+ .*\n +→ .*ami\.port.*manager\.conf/);
  });

  test("names a wrong ARI password and an absent endpoint, with what to do, and tells no secret", async () => {
    const asterisks = gatewayDocument({ redisUrl, asterisk }).asterisks as Record<string, object>;
    const password = { local: { ...asterisks.local, ari_password: "not-the-password" } };
    const wrong = onering("doctor", "--config", await configFile({ asterisks: password }));
    expect(await wrong.exitCode()).toBe(1);
    expect(wrong.output()).toMatch(/FAIL .*ARI at http:\S+ refuses user onering or its password\n +→ .*ari\.conf/);
    expect(wrong.output()).not.toContain("not-the-password");

    const trunks = { carrier: { asterisk: "local", endpoint: "nowhere", ranges: ["block"] } };
    const absent = onering("doctor", "--config", await configFile({ trunks }));
    expect(await absent.exitCode()).toBe(1);
    expect(absent.output()).toMatch(/FAIL .*no PJSIP endpoint nowhere\n +→ /);

    const near = { carrier: { asterisk: "local", endpoint: "carier", ranges: ["block"] } };
    const misspelt = onering("doctor", "--config", await configFile({ trunks: near }));
    expect(await misspelt.exitCode()).toBe(1);
    expect(misspelt.output()).toMatch(/FAIL .*no PJSIP endpoint carier \(did you mean carrier\?\)/);
  });
});

describe("onering key", () => {
  test("prints a new key and the hash that the configuration takes", async () => {
    const first = onering("key");
    expect(await first.exitCode()).toBe(0);
    const [, key = "", hash] = /(or_\S+)[\s\S]*\b([0-9a-f]{64})\b/.exec(first.output()) ?? [];
    expect(hash).toBe(apiKeyHash(key));
    const second = onering("key");
    await second.exitCode();
    expect(second.output()).not.toContain(key);
  });
});

test("onering without a command says how it is used; an unknown one ends with 64", async () => {
  const help = onering();
  expect(await help.exitCode()).toBe(0);
  expect(help.output()).toContain("onering serve");
  const unknown = onering("ring");
  expect(await unknown.exitCode()).toBe(64);
});

test("an older Node is refused in one sentence: it never reached Asterisk, for want of a function", async () => {
  const preload = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.1' } })";
  const imported = `data:text/javascript,${encodeURIComponent(preload)}`;
  const command = run(process.execPath, "--import", imported, "dist/main.js", "serve", "--config", await configFile());
  expect(await command.exitCode()).toBe(1);
  expect(command.output()).toBe("onering: Node 20.12 or newer is needed; this is 20.11.1\n");
});
