/** Accounts at registrars that none of us wrote: Kamailio with MD5 and SHA-256 over UDP and TCP, Asterisk over UDP and TLS. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { type Clock, systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom as random } from "../../../src/shared/random.ts";
import { createDigest } from "../../../src/sip/auth/digest.ts";
import { createLocation } from "../../../src/sip/location/index.ts";
import type { NextHop } from "../../../src/sip/location/port.ts";
import { createQualifier } from "../../../src/sip/qualify/qualifier.ts";
import type { Registration } from "../../../src/sip/registration/port.ts";
import { createRegistration } from "../../../src/sip/registration/registration.ts";
import { createTransactions } from "../../../src/sip/transaction/index.ts";
import { type Certificate, withCertificates } from "../../support/certificates.ts";
import { ensureKamailio, type KamailioProgram } from "../../support/fetch/kamailio.ts";
import { type Kamailio, type KamailioOptions, startKamailio } from "../../support/kamailio.ts";
import { withRuntime } from "../../support/processes.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { withTransports } from "../../support/transports.ts";

const runtime = withRuntime();
const startTransports = withTransports();
const makeCertificate = withCertificates();
const realm = "carrier.test";
const account = { username: "alice", password: "s3cret-word" };
const nowMs = () => performance.now();
/** Renewals and longer pauses pass two hundred times as fast; transactions and deadlines have the real time. */
const hurried: Pick<Clock, "after"> = {
  after: (ms, callback) => systemClock.after(ms <= 2000 ? ms : ms / 200, callback),
};

let program: KamailioProgram;
const running: { stop(): unknown }[] = [];
beforeAll(async () => {
  program = await ensureKamailio(runtimeDir, () => undefined);
});
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

async function kamailioOf(own: Partial<KamailioOptions> = {}): Promise<Kamailio> {
  const kamailio = await startKamailio(program, { ...account, realm, algorithm: "SHA-256", ...own });
  running.push(kamailio);
  return kamailio;
}

/** The stack without calls. */
async function stackOf() {
  const at = [{ address: "127.0.0.1", port: 0 }];
  const transports = await startTransports({ udp: at, tcp: at });
  const clock: Clock = { nowMs, after: systemClock.after };
  const transactions = createTransactions({ transports, clock, random });
  const protocols = ["udp", "tcp", "tls"] as const;
  const locator = createLocation({ servers: [], protocols, families: [4], random, clock, nowMs });
  running.push(transactions, locator);
  return { transports, transactions, locator, clock: hurried, nowMs, random, userAgent: "OneRing", host: "our.test" };
}

async function registrationAt(hop: NextHop, own: { password?: string; expiresSeconds?: number } = {}) {
  const stack = await stackOf();
  const credentials = { ...account, ...(own.password === undefined ? {} : { password: own.password }) };
  const uri = `sip:${hop.host}:${hop.port}`;
  const registration = createRegistration({
    ...stack,
    account: {
      ...{ hop, credentials, registrar: uri, address: `sip:alice@${hop.host}:${hop.port}`, contactUser: "alice" },
      expiresSeconds: own.expiresSeconds ?? 60,
    },
    digest: createDigest(credentials, random, nowMs),
  });
  stack.transports.onClosed((flow) => registration.flowClosed(flow));
  registration.start();
  running.push(registration);
  return { registration, stack };
}

const outcome = ({ registered, failure }: ReturnType<Registration["status"]>) =>
  failure ?? (registered ? "registered" : "not yet");
const state = (registration: Registration) => expect.poll(() => outcome(registration.status()), { interval: 10 });

describe("Kamailio", () => {
  test.each([
    ["udp", "MD5"],
    ["udp", "SHA-256"],
    ["tcp", "MD5"],
    ["tcp", "SHA-256"],
  ] as const)(
    "over %s with %s: registered, renewed without another challenge, removed",
    async (protocol, algorithm) => {
      const kamailio = await kamailioOf({ algorithm });
      const { registration } = await registrationAt({ host: "127.0.0.1", port: kamailio.port, protocol });
      await state(registration).toBe("registered");
      expect(registration.status().expiresInMs).toBeGreaterThan(50_000);
      const [first, second, third] = await kamailio.line(/^REGISTER 200/, 3);
      expect(first).toMatch(
        new RegExp(`from ${protocol} <sip:alice@127.0.0.1:\\d+(;transport=${protocol})?>;expires=60`, "i"),
      );
      expect([second, third]).toEqual([first, first]);
      expect(kamailio.lines().filter((line) => line.startsWith("REGISTER challenged"))).toHaveLength(1);
      await registration.stop();
      expect(await kamailio.line(/^REGISTER 200 .*expires 0$/)).toHaveLength(1);
    },
  );

  test("a wrong password: asked twice, then not for a minute", async () => {
    const kamailio = await kamailioOf();
    const hop = { host: "127.0.0.1", port: kamailio.port, protocol: "tcp" } as const;
    const { registration } = await registrationAt(hop, { password: "wrong" });
    await state(registration).toBe("401 Unauthorized (wrong credentials)");
    expect(kamailio.lines().filter((line) => line.startsWith("REGISTER"))).toHaveLength(2);
  });

  test("423: the time that it asks for", async () => {
    const kamailio = await kamailioOf({ minExpires: 120 });
    const { registration } = await registrationAt({ host: "127.0.0.1", port: kamailio.port, protocol: "tcp" });
    await state(registration).toBe("registered");
    expect(registration.status().expiresInMs).toBeGreaterThan(110_000);
  });

  test("nonces for one request each: one refusal, then each renewal waits for its challenge", async () => {
    const kamailio = await kamailioOf({ oneTimeNonces: true });
    await registrationAt({ host: "127.0.0.1", port: kamailio.port, protocol: "tcp" });
    await kamailio.line(/^REGISTER 200/, 3);
    expect(kamailio.lines().filter((line) => line.startsWith("REGISTER challenged"))).toHaveLength(3);
  });

  test("that stops and starts again: registered anew over a new connection", async () => {
    const port = await freePort("udp", "tcp");
    const kamailio = await kamailioOf({ port });
    const { registration } = await registrationAt({ host: "127.0.0.1", port, protocol: "tcp" });
    await state(registration).toBe("registered");
    await kamailio.stop();
    await state(registration).not.toBe("registered");
    const again = await kamailioOf({ port });
    await again.line(/^REGISTER 200/);
    await state(registration).toBe("registered");
  });

  test("answers OPTIONS: up, with its round trip; down once it is gone", async () => {
    const port = await freePort("udp", "tcp");
    const kamailio = await kamailioOf({ port });
    const hop = { host: "127.0.0.1", port, protocol: "tcp" } as const;
    const qualified = { hop, uri: "sip:127.0.0.1", from: "sip:our.test", everyMs: 100 };
    const qualifier = createQualifier({ ...(await stackOf()), clock: systemClock, qualified });
    running.push(qualifier);
    qualifier.start();
    await expect.poll(() => qualifier.status()).toMatchObject({ reach: "up", status: 200 });
    expect(qualifier.status().roundTripMs).toBeLessThan(1000);
    await kamailio.stop();
    await expect.poll(() => qualifier.status().reach).toBe("down");
  });
});

describe("Asterisk", () => {
  let ports: AsteriskServer["ports"];
  let certificate: Certificate;
  let contacts: () => Promise<string>;
  beforeAll(async () => {
    certificate = await makeCertificate();
    const unused = { host: "127.0.0.1", port: 9, qualifySeconds: 0 };
    const asterisk = await runtime.asterisk({
      trunks: [
        { ...unused, name: "unused", transport: "udp" },
        { ...unused, name: "unused-tls", transport: "tls" },
      ],
      tls: { caFile: certificate.certFile, ...certificate },
    });
    const etc = path.join(asterisk.dir, "etc");
    const add = async (name: string, ...lines: readonly string[]) => {
      const file = path.join(etc, name);
      await writeFile(file, `${await readFile(file, "utf8")}\n${lines.join("\n")}\n`);
    };
    await add(
      "pjsip.conf",
      ...["[alice]", "type=aor", "max_contacts=1", "minimum_expiration=30"],
      ...["[alice]", "type=auth", "auth_type=userpass", `username=${account.username}`, `password=${account.password}`],
      ...["[alice]", "type=endpoint", "aors=alice", "auth=alice", "context=none", "disallow=all", "allow=ulaw"],
    );
    await add("modules.conf", "require = res_pjsip_registrar.so", "require = res_pjsip_endpoint_identifier_user.so");
    await asterisk.restart();
    ports = asterisk.ports;
    contacts = () => asterisk.cli("pjsip show contacts");
  }, 30_000);

  test.each(["udp", "tls"] as const)(
    "over %s: registers an account, keeps it, and forgets it at the end",
    async (protocol) => {
      const port = protocol === "tls" ? ports.sipTls : ports.sip;
      const rules = { name: "carrier", tls: { ca: await readFile(certificate.certFile, "utf8") } };
      const { registration } = await registrationAt({ host: "127.0.0.1", port, protocol, rules });
      await state(registration).toBe("registered");
      expect(await contacts()).toMatch(/alice\/sip:alice@127\.0\.0\.1/);
      await registration.stop();
      await expect.poll(contacts).not.toMatch(/alice\/sip:alice/);
    },
  );

  test("that takes one Contact of an account: registered at once over a new connection, from another port", async () => {
    // Asterisk does not see that the connection of the Contact is gone: a proxy is between.
    const proxy = await startTcpProxy(ports.sipTls, "bytes");
    running.push({ stop: () => proxy.close() });
    const rules = { name: "carrier", tls: { ca: await readFile(certificate.certFile, "utf8") } };
    const hop = { host: "127.0.0.1", port: proxy.port, protocol: "tls", rules } as const;
    const { registration } = await registrationAt(hop);
    await state(registration).toBe("registered");
    const bound = async () => (await contacts()).match(/alice\/sip:alice@127\.0\.0\.1:\d+/g) ?? [];
    const first = await bound();
    expect(first).toHaveLength(1);
    proxy.cut();
    await state(registration).not.toBe("registered");
    proxy.restore();
    // Where the first new connection is refused, the next one comes after a pause.
    await expect.poll(() => outcome(registration.status()), { timeout: 60_000 }).toBe("registered");
    const second = await bound();
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
    expect(registration.status().failures).toBe(0);
  });
});
