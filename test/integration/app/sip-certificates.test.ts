/** Certificates of our own SIP that are renewed while connections are open: by a reload, by their files alone, and wrong ones. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { type Authority, type IssuedCertificate, withAuthorities } from "../../support/authority.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const newAuthority = withAuthorities();
const loopback = "127.0.0.1";
let dir: string;
let authority: Authority;
let own: [IssuedCertificate, IssuedCertificate];
let client: [IssuedCertificate, IssuedCertificate];
let carrier: Server;
/** Connections of the gateway, with the serial number of the certificate that each showed. */
const seen: { readonly serial: string; readonly socket: TLSSocket; options: number }[] = [];
let app: App;
let gateway: ReturnType<typeof gatewayClient>;
let tlsPort: number;
let logged = "";
const inbound: TLSSocket[] = [];

const serialOf = ({ certificate }: IssuedCertificate) => new X509Certificate(certificate).serialNumber;
const write = (name: "OWN" | "CLIENT", { certificate, key }: IssuedCertificate) =>
  Promise.all([writeFile(path.join(dir, name), certificate), writeFile(path.join(dir, `${name}_KEY`), key)]);

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-sip-certificates-"));
  authority = await newAuthority();
  const names = [`IP:${loopback}`];
  own = [await authority.issue(names), await authority.issue(names, 20)];
  client = [await authority.issue(names), await authority.issue(names)];
  const { certificate: cert, key } = await authority.issue(names);
  carrier = createServer({ cert, key, ca: authority.ca, requestCert: true }, (socket) => {
    const connection = { serial: socket.getPeerCertificate().serialNumber, socket, options: 0 };
    seen.push(connection);
    socket.on("error", () => undefined);
    socket.setEncoding("latin1").on("data", (text: string) => {
      connection.options += 1;
      const copied = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
      socket.write(["SIP/2.0 200 OK", ...copied, "Content-Length: 0", "", ""].join("\r\n"));
    });
  });
  carrier.listen(0, loopback);
  await once(carrier, "listening");
  await Promise.all([write("OWN", own[0]), write("CLIENT", client[0]), writeFile(path.join(dir, "CA"), authority.ca)]);

  tlsPort = await freePort("tcp");
  const { url: redisUrl } = await runtime.redis();
  const secret = (name: string) => `\${${name}}`;
  const tls = { certificate: secret("CLIENT"), private_key: secret("CLIENT_KEY"), ca: secret("CA") };
  const at = { host: loopback, port: String((carrier.address() as AddressInfo).port), transport: "tls" };
  const document = gatewayDocument({
    redisUrl,
    config: {
      sip: {
        ...{ host: loopback, udp_port: String(await freePort("udp")) },
        tls: { port: String(tlsPort), certificate: secret("OWN"), private_key: secret("OWN_KEY") },
      },
      trunks: { carrier: { sip: { ...at, tls, qualify_seconds: "1" }, ranges: ["block"] } },
    },
  });
  const files = ["OWN", "OWN_KEY", "CLIENT", "CLIENT_KEY", "CA"];
  const env = Object.fromEntries(files.map((name) => [`${name}_FILE`, path.join(dir, name)]));
  const load = async () => resolveConfig({ name: "test", document, env });
  const stream = new PassThrough();
  stream.on("data", (line: Buffer) => {
    logged += line.toString();
  });
  const config = await load();
  app = await buildApp(config, {
    ...{ logger: createLogger(config.log, { stream }), loadConfig: load, watchedFiles: Object.values(env) },
    // Files are looked at every 10 s.
    clock: { nowMs: Date.now, after: (ms, callback) => systemClock.after(ms === 10_000 ? 30 : ms, callback) },
  });
  gateway = gatewayClient((await app.start()).url);
  await gateway.waitForHttp("/readyz", 200);
});
afterAll(async () => {
  for (const socket of inbound) socket.destroy();
  await app?.stop();
  for (const { socket } of seen) socket.destroy();
  carrier?.close();
  await rm(dir, { recursive: true, force: true });
});

/** A connection of the carrier to us. @returns the serial number of what we showed */
async function callUs() {
  const socket = connect({ host: loopback, port: tlsPort, ca: authority.ca });
  inbound.push(socket);
  await once(socket, "secureConnect");
  let received = "";
  socket.on("error", () => undefined);
  socket.setEncoding("latin1").on("data", (text: string) => {
    received += text;
  });
  let asked = 0;
  return {
    serial: socket.getPeerCertificate().serialNumber,
    /** Whether it is still answered. */
    async options() {
      received = "";
      asked += 1;
      const id = `${inbound.length}-${asked}`;
      const lines = [
        ...[`OPTIONS sip:us@${loopback} SIP/2.0`, `Via: SIP/2.0/TLS ${loopback}:5061;branch=z9hG4bK${id}`],
        ...[`From: <sip:a@b>;tag=1`, `To: <sip:us@${loopback}>`, `Call-ID: ${id}`, "CSeq: 1 OPTIONS"],
        ...["Max-Forwards: 70", "Content-Length: 0", "", ""],
      ];
      socket.write(lines.join("\r\n"));
      await expect.poll(() => received).toMatch(/^SIP\/2\.0 200 /);
    },
  };
}

const days = async (of: string) => {
  const { text } = await gateway.get("/metrics");
  const [, seconds] = new RegExp(`^onering_sip_certificate_expiry.*of="${of}".* (\\d+)$`, "m").exec(text) ?? [];
  return Math.round((Number(seconds) - Date.now() / 1000) / 86_400);
};

test("a reload: new connections have the new ones in both directions, open connections go on", async () => {
  const before = await callUs();
  expect(before.serial).toBe(serialOf(own[0]));
  await expect.poll(() => seen[0]?.options).toBeGreaterThan(0);
  expect(seen[0]?.serial).toBe(serialOf(client[0]));
  expect(await days("carrier")).toBeGreaterThan(10_000);
  expect(await days("listening")).toBeGreaterThan(10_000);

  await write("OWN", own[1]);
  await write("CLIENT", client[1]);
  const { applied, needsRestart } = await app.reload("signal SIGHUP");
  expect(applied.map(({ key }) => key).sort()).toEqual([
    ...["sip.tls.certificate", "sip.tls.private_key"],
    ...["trunks.carrier.sip.tls.certificate", "trunks.carrier.sip.tls.private_key"],
  ]);
  expect(needsRestart).toEqual([]);
  expect((await callUs()).serial).toBe(serialOf(own[1]));
  expect(await days("listening")).toBe(20);
  await before.options();
  const { options = 0 } = seen[0] ?? {};
  await expect.poll(() => seen[0]?.options, { timeout: 3000 }).toBeGreaterThan(options);
  expect(seen).toHaveLength(1);
  seen[0]?.socket.destroy();
  await expect.poll(() => seen[1]?.serial, { timeout: 5000 }).toBe(serialOf(client[1]));
});

test("a file that changed is read without a reload", async () => {
  await write("OWN", own[0]);
  await expect.poll(async () => (await callUs()).serial).toBe(serialOf(own[0]));
  expect(logged).toMatch(/"by":"changed files".*files read again: 2 changes applied/);
});

test("one that cannot be used changes nothing, and the log says so", async () => {
  const certificate = "-----BEGIN CERTIFICATE-----\nnone of it\n-----END CERTIFICATE-----\n".repeat(3);
  await write("OWN", { certificate, key: own[1].key });
  await expect(app.reload("signal SIGHUP")).rejects.toMatchObject({ code: "configuration_invalid" });
  await expect.poll(() => logged).toMatch(/"by":"changed files".*not reloaded: nothing was changed/);
  expect(logged).toMatch(/sip\.tls\.certificate.*what is no certificate/);
  const after = await callUs();
  expect(after.serial).toBe(serialOf(own[0]));
  await after.options();
  expect(logged).not.toContain("PRIVATE KEY");
});
