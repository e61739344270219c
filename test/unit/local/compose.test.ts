/** docker-compose.yml, read as Docker reads it; there is no Docker in the tests. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { examineConfig } from "../../../src/commands/check.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { projectRoot } from "../../../src/local/fetch/paths.ts";

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly (string | Readonly<Record<string, unknown>>)[];
  readonly networks?: unknown;
  readonly network_mode?: string;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly [key: string]: unknown;
}

const read = (name: string) => readFile(path.join(projectRoot, name), "utf8");
const compose = parse(await read("docker-compose.yml"), { merge: true });
const services = compose.services as Record<string, Service>;
const each = Object.entries(services);

test("every variable that the trunk guide tells to set reaches Asterisk through docker-compose.yml", async () => {
  const guide = await read("docs/trunks.md");
  const told = [...guide.matchAll(/^([A-Z][A-Z_]+)=/gm), ...guide.matchAll(/`([A-Z][A-Z_]+)(?:=\w+)?`/g)];
  const names = new Set(told.map((match) => match[1] ?? ""));
  expect(names.size).toBeGreaterThan(15);
  const passed = Object.keys(services.asterisk?.environment ?? {});
  // The address that SIP is published on is not Asterisk's.
  const published = await read("docker-compose.inbound.yml");
  expect([...names].filter((name) => !passed.includes(name) && !published.includes(name))).toEqual([]);
});

test("nothing is published but the API on loopback: SIP only on an address that is named", async () => {
  const ports = each.flatMap(([name, service]) => (name === "gateway-sip" ? [] : (service.ports ?? [])));
  expect(ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
  const [api, ...sip] = services["gateway-sip"]?.ports ?? [];
  expect(api).toBe(ports[0]);
  expect(sip).toHaveLength(2);
  for (const port of sip) expect(port).toMatch(/^\$\{SIP_ADDRESS:-127\.0\.0\.1\}:/);
  const inbound = parse(await read("docker-compose.inbound.yml")).services.asterisk.ports as string[];
  expect(inbound).toHaveLength(3);
  for (const port of inbound) expect(port).toMatch(/^\$\{SIP_ADDRESS:\?/);
});

test.each(each)("%s is hardened", (_name, service) => {
  expect(service).toMatchObject({
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    logging: { options: { "max-size": expect.any(String) } },
  });
  expect(service.privileged).toBeUndefined();
});

test.each(["gateway", "gateway-sip", "redis", "asterisk"])("%s has limits of memory and processes", (name) => {
  expect(services[name]).toMatchObject({ mem_limit: expect.any(String), pids_limit: expect.any(Number) });
});

test("images are pinned by version", async () => {
  const images = each.map(([, service]) => service.image ?? "");
  for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+$/);
  expect(await read("Dockerfile")).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-slim$/m);
});

test("every secret may be a file: the variable, its _FILE and the mounted secret go together", () => {
  const secret = /^(\w+_PASSWORD|HMAC_KEY)$/;
  for (const [name, { environment = {}, secrets = [] }] of each) {
    for (const variable of Object.keys(environment).filter((one) => secret.test(one))) {
      const file = variable.toLowerCase();
      expect(environment[`${variable}_FILE`], name).toBe(`\${${variable}_FILE:+/run/secrets/${file}}`);
      expect(secrets, name).toContain(file);
      expect(compose.secrets[file].file).toBe(`\${${variable}_FILE:-/dev/null}`);
    }
  }
  expect(Object.keys(services.gateway?.environment ?? {})).toEqual(expect.arrayContaining(["HMAC_KEY_FILE"]));
});

test("a missing onering.yaml is an error, not a folder that Docker makes", () => {
  for (const name of ["preflight", "gateway", "gateway-sip", "doctor"]) {
    expect(services[name]?.volumes).toContainEqual(
      expect.objectContaining({ target: "/etc/onering/onering.yaml", bind: { create_host_path: false } }),
    );
  }
});

test("the configuration is checked before anything starts", () => {
  expect(services.preflight?.command).toEqual(["check", "--config", "/etc/onering/onering.yaml"]);
  for (const name of ["redis", "asterisk"]) {
    expect(services[name]?.depends_on?.preflight?.condition).toBe("service_completed_successfully");
  }
  expect(Object.keys(services.gateway?.depends_on ?? {})).toEqual(["redis", "asterisk"]);
});

describe("without an Asterisk", () => {
  const example = "docs/examples/onering.docker-sip.yaml";
  const env = {
    ...{ REDIS_PASSWORD: "p9f86d081884c7d65", HMAC_KEY: "h9f86d081884c7d659a2feaa0c55ad015" },
    ...{ SIP_ADDRESS: "192.0.2.10", SIP_PORT: "5070", TRUNK_HOST: "sip.carrier.example" },
  };

  test("the gateway starts by its name, beside Redis alone, and else is as the one with an Asterisk", () => {
    const { profiles, depends_on: needs, ports: _, networks: __, ...own } = services["gateway-sip"] ?? {};
    const { depends_on: ___, ports: ____, networks: _____, ...other } = services.gateway ?? {};
    expect([profiles, Object.keys(needs ?? {})]).toEqual([["sip"], ["redis"]]);
    expect(own).toEqual(other);
    // What starts with it must not be in a profile, nor need what does not start.
    for (const name of ["redis", "preflight"]) expect(services[name]?.profiles).toBeUndefined();
    expect(Object.keys(services.redis?.depends_on ?? {})).toEqual(["preflight"]);
  });

  test("its example configuration is valid, calls no PBX, and has its ports where they are published", async () => {
    const config = await loadConfig({ path: example, env });
    expect(config.asterisks).toEqual({});
    const { host, public_host: shown, udp_port: udp, tcp_port: tcp } = config.sip ?? {};
    expect([host, shown, udp, tcp]).toEqual(["0.0.0.0", "192.0.2.10", 5070, 5070]);
    const published = (services["gateway-sip"]?.ports ?? []).map((port) => filled(port, { ...env }));
    expect(published).toEqual(["127.0.0.1:8080:8080", "192.0.2.10:5070:5070/udp", "192.0.2.10:5070:5070/tcp"]);
    expect([config.http.host, config.http.port]).toEqual(["0.0.0.0", 8080]);
    expect(examineConfig(config).filter(({ level }) => level === "warn" || level === "fail")).toEqual([]);
  });

  test("the lines for an account are valid too, once they are no comments", async () => {
    const text = (await read(example)).replaceAll(/^( +)# (\w+: (?:\$\{TRUNK|\{).*)$/gm, "$1$2");
    const dir = await mkdtemp(path.join(tmpdir(), "onering-compose-"));
    onTestFinished(() => rm(dir, { recursive: true }));
    const file = path.join(dir, "onering.yaml");
    await writeFile(file, text);
    const account = { TRUNK_USERNAME: "alice", TRUNK_PASSWORD: "s3xY-pass-w0rd" };
    const { trunks } = await loadConfig({ path: file, env: { ...env, ...account } });
    expect(trunks.carrier?.sip).toMatchObject({ username: "alice", register: { expires_seconds: 300 } });
  });

  test("every variable that it names is given to the gateway, to preflight and to doctor", async () => {
    const named = [...(await read(example)).matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name);
    expect(new Set(named).size).toBeGreaterThan(6);
    for (const name of ["gateway-sip", "preflight", "doctor"]) {
      expect(Object.keys(services[name]?.environment ?? {}), name).toEqual(expect.arrayContaining(named));
    }
  });

  test("without an address nothing is reached from outside, and preflight says what is missing", async () => {
    expect(filled(services["gateway-sip"]?.ports?.[1] ?? "", {})).toBe("127.0.0.1:5060:5060/udp");
    const given = filled(services["gateway-sip"]?.environment?.SIP_ADDRESS ?? "", {});
    expect(given).toBe("");
    await expect(loadConfig({ path: example, env: { ...env, SIP_ADDRESS: given } })).rejects.toThrow(/SIP_ADDRESS/);
    // Behind NAT it is the outer address that carriers see.
    const outer = { SIP_ADDRESS: "10.0.0.5", SIP_EXTERNAL_ADDRESS: "203.0.113.7" };
    expect(filled(services["gateway-sip"]?.environment?.SIP_ADDRESS ?? "", outer)).toBe("203.0.113.7");
  });
});

/** As Compose fills in `${NAME}` and `${NAME:-default}`, where the default may be another one. */
function filled(text: string, env: Readonly<Record<string, string>>): string {
  const innermost = /\$\{(\w+)(?::-([^${}]*))?\}/;
  let result = text;
  while (innermost.test(result)) {
    result = result.replace(innermost, (_, name: string, otherwise = "") => env[name] || otherwise);
  }
  return result;
}

test("`docker compose run key` works before there is a configuration, and `run doctor` while the stack is up", () => {
  expect(services.key).toMatchObject({ command: ["key"], network_mode: "none" });
  expect([services.key?.volumes, services.key?.environment, services.key?.networks]).toEqual(Array(3).fill(undefined));
  // A fixed address, as the gateway has, is taken while the gateway runs.
  expect(services.doctor?.networks).toEqual(["control", "outside"]);
});

test("no variable is demanded by the file itself, so that every service can be run alone", async () => {
  expect(await read("docker-compose.yml")).not.toContain(":?set TRUNK");
  expect((await read("docker-compose.yml")).match(/(?<!\$)\$\{\w+:\?/g)).toBeNull();
});

/** Runs the command of the service redis with a stand-in for redis-server. @returns its configuration, or what it said */
async function redisStarts(env: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-compose-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const server = path.join(dir, "redis-server");
  await writeFile(server, '#!/bin/sh\ncat "$1"\necho "$*" "password in environment: $REDIS_PASSWORD."\n');
  await chmod(server, 0o755);
  const script = (services.redis?.command?.[2] ?? "").replaceAll("$$", "$").replaceAll("/tmp/", `${dir}/`);
  const options = { env: { PATH: `${dir}:${process.env.PATH}`, ...env } };
  return promisify(execFile)("sh", ["-c", script], options).then(
    ({ stdout }) => stdout.replaceAll(dir, "/tmp"),
    ({ stderr }) => String(stderr),
  );
}

test("Redis starts with its password from a variable or a file, and with a bound on its memory", async () => {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-compose-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  await writeFile(path.join(dir, "password"), "from-a-file\n");
  const fromVariable = await redisStarts({ REDIS_PASSWORD: "secret", REDIS_PASSWORD_FILE: "" });
  expect(fromVariable).toMatch(/^requirepass secret\n/);
  expect(fromVariable).toContain("--maxmemory 768mb --maxmemory-policy noeviction");
  expect(fromVariable).toContain("password in environment: .");
  expect(await redisStarts({ REDIS_PASSWORD: "", REDIS_PASSWORD_FILE: path.join(dir, "password") })).toMatch(
    /^requirepass from-a-file\n/,
  );
  expect(await redisStarts({ REDIS_PASSWORD: "" })).toContain("set REDIS_PASSWORD or REDIS_PASSWORD_FILE in .env");
});
