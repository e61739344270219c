/** The mistakes of a first set-up, on a real Redis and Asterisk: doctor names the cause with its value, once, and the fix. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveConfig } from "../../../src/config/load.ts";
import { examineAmi } from "../../../src/doctor/ami.ts";
import { examineAsterisk } from "../../../src/doctor/asterisk.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { ariOf } from "../../../src/telephony/asterisk/access.ts";
import type { AsteriskConfig } from "../../../src/telephony/asterisk/config.ts";
import { doctor } from "../../support/doctor.ts";
import { gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
let redisUrl: string;
let redis: Redis;
let asterisk: AsteriskServer;
let hepPort: number;

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  redis = new Redis(redisUrl);
  hepPort = await freePort("udp");
  const udp = { host: "127.0.0.1", transport: "udp" as const, qualifySeconds: 0, port: await freePort("udp") };
  asterisk = await runtime.asterisk({ trunks: [{ ...udp, name: "carrier" }], hepPort });
});
afterAll(() => redis.disconnect());

interface Said {
  readonly code: number | null;
  /** Everything but what is in order, without the notes that every set-up of this file gets. */
  readonly problems: string;
}

async function examined(config: Record<string, Record<string, unknown>> = {}, url = redisUrl): Promise<Said> {
  const { code, output } = await doctor(gatewayDocument({ redisUrl: url, asterisk, config }));
  const problems = (output.match(/^ (?:warn|FAIL) .*\n +→ .*\n/gm) ?? []).filter(
    (problem) => !/append-only|qualify_frequency/.test(problem),
  );
  return { code, problems: problems.join("") };
}

/** The findings while a file of Asterisk is changed. */
async function whileFile(file: string, change: (text: string) => string, reload: string): Promise<Said> {
  const name = path.join(asterisk.dir, "etc", file);
  const before = await readFile(name, "utf8");
  await writeFile(name, change(before));
  await asterisk.cli(reload);
  try {
    return await examined();
  } finally {
    await writeFile(name, before);
    await asterisk.cli(reload);
  }
}

it("nothing to fix", async () => {
  expect(await examined()).toEqual({ code: 0, problems: "" });
});

describe("Redis", () => {
  it("unreachable: one problem, and no second wait for it", async () => {
    const { code, problems } = await examined({}, `redis://127.0.0.1:${await freePort("tcp")}/0`);
    expect(code).toBe(1);
    expect(problems).toMatch(
      /^ FAIL {2}Redis does not answer \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)\n.*address.*\n$/,
    );
  });

  it("with a password that is not configured: it does answer", async () => {
    await redis.config("SET", "requirepass", "a-password-of-redis");
    try {
      // Each waits for a connection that does not come.
      const [{ code, problems }, wrong] = await Promise.all([
        examined(),
        examined({}, redisUrl.replace("redis://", "redis://:not-the-password@")),
      ]);
      expect(code).toBe(1);
      expect(problems).toMatch(/^ FAIL {2}Redis asks for a password, and none is configured\n.*redis\.url.*\n$/);
      expect(wrong.problems).toMatch(/^ FAIL {2}Redis refuses the user or password/);
      expect(wrong.problems).not.toContain("not-the-password");
    } finally {
      await redis.config("SET", "requirepass", "");
    }
  });

  it("whose user has no channels, as users that ACLs make have none", async () => {
    await redis.acl("SETUSER", "default", "resetchannels");
    try {
      const { code, problems } = await examined();
      expect(code).toBe(0);
      expect(problems).toMatch(
        /warn {2}Redis: Pub\/Sub does not work, so gateways cannot ask each other to hang up calls \(NOPERM.*\n +→ .*&onering:\*/,
      );
    } finally {
      await redis.acl("SETUSER", "default", "allchannels");
    }
  });

  it("that evicts, and is full", async () => {
    await redis.set("filler", "x".repeat(4_000_000));
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    await redis.config("SET", "maxmemory", "3mb");
    try {
      const { code, problems } = await examined();
      expect(code).toBe(0);
      expect(problems).toMatch(/warn {2}Redis: maxmemory-policy is allkeys-lru\n +→ .*noeviction/);
      await redis.config("SET", "maxmemory", "0");
      await redis.config("SET", "maxmemory-policy", "noeviction");
      await redis.set("filler", "x".repeat(4_000_000));
      await redis.config("SET", "maxmemory", "3mb");
      const full = await examined();
      expect(full.code).toBe(1);
      expect(full.problems).toMatch(/FAIL {2}Redis: uses \d MiB of maxmemory 3 MiB\n +→ Raise maxmemory/);
    } finally {
      await redis.config("SET", "maxmemory", "0");
      await redis.config("SET", "maxmemory-policy", "noeviction");
      await redis.del("filler");
    }
  });
});

describe("ARI", () => {
  it("disabled in ari.conf: HTTP answers, ARI does not", async () => {
    const { code, problems } = await whileFile(
      "ari.conf",
      (text) => text.replace("enabled = yes", "enabled = no"),
      "module reload res_ari.so",
    );
    expect(code).toBe(1);
    expect(problems).toMatch(
      /FAIL .*http:\S+\/ari answers HTTP 404\n +→ Set enabled = yes in \[general\] of ari\.conf/,
    );
  });

  it("without our channelvars line, and no SIP capture", async () => {
    const { code, problems } = await whileFile(
      "ari.conf",
      (text) => text.replace(/^channelvars.*$/m, ""),
      "module reload res_ari.so",
    );
    expect(code).toBe(0);
    expect(problems).toMatch(/^ warn .*ari\.conf has no `channelvars` line.*do not fail over.*\n +→ .*ari\.conf.*\n$/);
  });

  it("an endpoint that Asterisk does not have is one problem", async () => {
    const trunks = { carrier: { asterisk: "local", endpoint: "carier", ranges: ["block"] } };
    const { problems } = await examined({ trunks });
    expect(problems).toMatch(/^ FAIL .*no PJSIP endpoint carier \(did you mean carrier\?\)\n.*\n$/);
  });
});

it("a carrier that does not answer is one problem, though ARI and AMI both show it", async () => {
  const trunk = { name: "carrier", host: "127.0.0.1", transport: "udp" as const, port: await freePort("udp") };
  const silent = await runtime.asterisk({ trunks: [{ ...trunk, qualifySeconds: 2 }] });
  await expect.poll(() => silent.cli("pjsip show contacts"), { timeout: 20_000, interval: 500 }).toContain("Unavail");
  const { asterisks } = resolveConfig({
    ...{ name: "test", env: {} },
    document: gatewayDocument({ redisUrl, asterisk: silent }),
  });
  const local = ariOf(asterisks.local as AsteriskConfig);
  // Not the command: while Asterisk is young, that waits a minute for the carrier.
  const findings = [
    ...(await examineAsterisk("local", local, ["carrier"], { capture: false, inbound: false })),
    ...(await examineAmi("local", local, ["carrier"])),
  ];
  const failed = findings.filter(({ level }) => level === "fail");
  expect(failed).toMatchObject([
    { what: "Asterisk local: the carrier behind carrier does not answer", fix: expect.stringContaining("OPTIONS") },
  ]);
});

describe("AMI", () => {
  it("with a wrong password: one warning, which names the user", async () => {
    const { local } = gatewayDocument({ redisUrl, asterisk }).asterisks as Record<string, { ami: object }>;
    const ami = { ...local?.ami, password: "not-the-password" };
    const { problems } = await examined({ asterisks: { local: { ...local, ami } } });
    expect(problems).toMatch(
      /^ warn .*AMI refuses user onering \(Authentication failed\).*\n.*\[onering\].*permit.*\n$/,
    );
  });

  it("whose user may not send what is needed", async () => {
    const { problems } = await whileFile(
      "manager.conf",
      (text) => text.replace(/^write = .*$/m, "write = reporting"),
      "manager reload",
    );
    expect(problems).toMatch(/^ warn .*as user onering \(Permission denied\).*\n.*write = system,reporting.*\n$/);
  });

  it("whose user may not read class system: a dead trunk would be noticed late", async () => {
    const { problems } = await whileFile(
      "manager.conf",
      (text) => text.replace(/^read = .*$/m, "read = call,user"),
      "manager reload",
    );
    expect(problems).toMatch(/^ warn .*no events of class system.*\n.*read = system,user.*\n$/);
  });
});

describe("the SIP capture", () => {
  const capture = (port: number) => ({ sip_capture: { host: "127.0.0.1", port: String(port) } });

  it("fits where hep.conf sends there", async () => {
    expect((await examined(capture(hepPort))).problems).toBe("");
  });

  it("sent to another port is a warning with both addresses", async () => {
    const { problems } = await examined(capture(hepPort + 1));
    expect(problems).toContain(`capture_address in hep.conf is 127.0.0.1:${hepPort}, sip_capture listens on`);
    expect(problems).toMatch(/→ Set capture_address = 127\.0\.0\.1:\d+ in hep\.conf/);
  });
});
