/** TLS: whose certificate is taken (RFC 5922), what fails and how it is reported; client certificates. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { freePort } from "../../../../src/local/process/free-port.ts";
import type { Target } from "../../../../src/sip/transport/port.ts";
import { brokenFix } from "../../../../src/sip/transport/tls-failure.ts";
import { type Authority, type IssuedCertificate, withAuthorities } from "../../../support/authority.ts";
import { ok, options, withTransports } from "../../../support/transports.ts";

const start = withTransports();
const authority = withAuthorities();
const anywhere = { address: "127.0.0.1", port: 0 };
let ca: Authority;
let other: Authority;
/** By name of a case. */
const certificates: Record<string, IssuedCertificate> = {};

beforeAll(async () => {
  [ca, other] = await Promise.all([authority(), authority()]);
  const made = {
    domain: ca.issue(["DNS:sbc1.carrier.example", "DNS:Carrier.Example"]),
    uri: ca.issue(["URI:sip:carrier.example"]),
    user: ca.issue(["URI:sip:alice@carrier.example"]),
    address: ca.issue(["IP:127.0.0.1"]),
    wildcard: ca.issue(["DNS:*.carrier.example"]),
    "host alone": ca.issue(["DNS:sbc1.carrier.example"]),
    "common name": ca.issue([]),
    expired: ca.issue(["DNS:carrier.example"], "expired"),
    future: ca.issue(["DNS:carrier.example"], "future"),
    stranger: other.issue(["DNS:carrier.example"]),
    client: ca.issue(["DNS:onering.example"]),
  };
  await Promise.all(
    Object.entries(made).map(async ([name, certificate]) => {
      certificates[name] = await certificate;
    }),
  );
});

const listening = (name: string, clientCa?: string) => {
  const { certificate = "", key = "" } = certificates[name] ?? {};
  return { tls: { addresses: [anywhere], certificate, key, ...(clientCa !== undefined && { clientCa }) } };
};
const toward = (tls: NonNullable<Target["rules"]>["tls"] = {}, serverName = "carrier.example") => ({
  serverName,
  rules: { name: "trunk", tls: { ca: ca.ca, ...tls } },
});

describe("a certificate is taken", () => {
  it.each([
    ["of the domain, among others and in any case", "domain", () => toward()],
    ["of the domain as SIP URI", "uri", () => toward()],
    ["of an address, where that is configured", "address", () => toward({}, "127.0.0.1")],
    ["of another name that is configured", "host alone", () => toward({ serverName: "sbc1.carrier.example" })],
    ["of a wildcard that is configured as such", "wildcard", () => toward({ certificateName: "*.carrier.example" })],
  ])("%s", async (_, name, extra) => {
    const [near, far] = [await start(), await start(listening(name))];
    const flow = await near.connect(far.target("tls", extra()));
    expect(flow).toMatchObject({ protocol: "tls", reliable: true, open: true });
    flow.send(options("a"));
    await vi.waitFor(() => expect(far.received).toHaveLength(1));
    far.received[0]?.flow.send(ok("a"));
    await vi.waitFor(() => expect(near.received).toMatchObject([{ flow, message: { status: 200 } }]));
  });
});

describe("no flow is opened, and the error says what the certificate is and what to do", () => {
  it.each([
    [
      "to a name that the certificate is not for",
      "host alone",
      () => toward(),
      /the certificate is for sbc1\.carrier\.example, wanted carrier\.example\)\. If the carrier says that this is its name, set tls\.server_name/,
    ],
    [
      "where a wildcard would match",
      "wildcard",
      () => toward({}, "sbc1.carrier.example"),
      /is for \*\.carrier\.example, wanted sbc1\.carrier\.example\)\. A wildcard .* tls\.certificate_name of the trunk to "\*\.carrier\.example"/,
    ],
    [
      "where only the common name matches",
      "common name",
      () => toward(),
      /is for no domain and no address \(a common name does not count\), wanted carrier\.example/,
    ],
    ["where the certificate is a user's", "user", () => toward(), /is for no domain .*, wanted carrier\.example/],
    [
      "to an address with the domain's certificate",
      "domain",
      () => toward({}, "127.0.0.1"),
      /is for sbc1\.carrier\.example, carrier\.example, wanted 127\.0\.0\.1\)\. .* set its host/,
    ],
    [
      "to an expired certificate",
      "expired",
      () => toward(),
      /the certificate expired on 2020-01-02\)\. The carrier has to renew it.* This machine's clock says 20\d\d-/,
    ],
    [
      "to one that is not valid yet",
      "future",
      () => toward(),
      /the certificate is not yet valid: it begins on 2098-01-01\)\. This machine's clock says 20\d\d-/,
    ],
    [
      "to one of an unknown authority",
      "stranger",
      () => toward(),
      /unable to (?:verify|get).*: issued by "Test authority"\)\. .*tls\.ca of the trunk/,
    ],
    [
      "where no authority is configured but the system's",
      "domain",
      () => ({ serverName: "carrier.example" }),
      /unable to .*issued by "Test authority"/,
    ],
    ["with CA files that hold no PEM", "domain", () => toward({ ca: "no PEM" }), /./],
    [
      "with a key that is another's",
      "domain",
      () => toward({ certificate: certificates.client?.certificate ?? "", key: certificates.uri?.key ?? "" }),
      /mismatch/,
    ],
  ])("%s", async (_, name, extra, detail) => {
    const [near, far] = [await start(), await start(listening(name))];
    const target = far.target("tls", extra());
    await expect(near.connect(target)).rejects.toMatchObject({
      name: "FlowError",
      why: "tls",
      message: expect.stringMatching(detail),
    });
    expect([near.flowTo(target), near.connections.open, near.counters.failedConnects]).toEqual([null, 0, 1]);
    expect(far.received).toEqual([]);
    const endsAtMs = name === "expired" ? [["trunk", Date.parse("2020-01-02")]] : [];
    expect([...near.certificateEnds()]).toEqual(endsAtMs);
  });

  it("to one of many long names, of which the error has a few", async () => {
    const names = Array.from({ length: 9 }, (_, at) => `DNS:${"x".repeat(60)}.${"y".repeat(60)}${at}.example`);
    const { certificate, key } = await ca.issue(names);
    const [near, far] = [await start(), await start({ tls: { addresses: [anywhere], certificate, key } })];
    const { message } = await near.connect(far.target("tls", toward())).then(
      () => new Error("connected"),
      (error: Error) => error,
    );
    expect(message).toMatch(/is for (x{60}\.y{19}(, )?){4} and 5 more, wanted carrier\.example/);
  });

  it("to a server of TLS 1.1", async () => {
    const { certificate = "", key = "" } = certificates.domain ?? {};
    const old = createTlsServer({
      cert: certificate,
      key,
      minVersion: "TLSv1.1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    old.on("tlsClientError", () => undefined).listen(0, "127.0.0.1");
    await once(old, "listening");
    const { port } = old.address() as { port: number };
    const near = await start();
    await expect(near.connect({ protocol: "tls", address: "127.0.0.1", port, ...toward() })).rejects.toMatchObject({
      why: "tls",
    });
    old.close();
  });

  it("to a port that does not speak TLS, or says nothing until the deadline", async () => {
    const plain = createServer((socket) =>
      socket.on("error", () => undefined).once("data", () => socket.end("SIP/2.0 400 Bad\r\n\r\n")),
    );
    // Reads on, or it would never see that the other end has gone.
    const silent = createServer((socket) => socket.on("error", () => undefined).resume());
    const near = await start({ limits: { connectMs: 150 } });
    for (const [server, why] of [
      [plain, "tls"],
      [silent, "timeout"],
    ] as const) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as { port: number };
      await expect(near.connect({ protocol: "tls", address: "127.0.0.1", port, ...toward() })).rejects.toMatchObject({
        why,
        fix: why === "tls" ? expect.stringMatching(/^Check that this port of the carrier speaks TLS/) : null,
      });
      server.close();
    }
  });
});

describe("where client certificates are asked for", () => {
  it("one of the authority is taken, and the flow says whose it is", async () => {
    const [near, far] = [await start(), await start(listening("domain", ca.ca))];
    const flow = await near.connect(far.target("tls", toward(certificates.client)));
    expect(flow.certificateNames).toEqual(["sbc1.carrier.example", "carrier.example"]);
    flow.send(options("a"));
    await vi.waitFor(() => expect(far.received).toHaveLength(1));
    expect(far.received[0]?.flow.certificateNames).toEqual(["onering.example"]);
  });

  it.each([
    ["none", undefined],
    ["one of another authority", "stranger"],
  ])("with %s the flow ends before anything is read", async (_, name) => {
    const [near, far] = [await start(), await start(listening("domain", ca.ca))];
    const target = far.target("tls", toward(name === undefined ? {} : certificates[name]));
    // TLS 1.3: the client is done before its certificate was looked at.
    const flow = await near.connect(target).catch(() => null);
    flow?.send(options("a"));
    await vi.waitFor(() => expect(near.closed.length + near.counters.failedConnects).toBe(1));
    expect([far.received, far.counters.failedHandshakes, far.connections.open]).toEqual([[], 1, 0]);
  });
});

it("a far end that wants a certificate of ours, and says so by an alert: the flow has its reason, and there is something to do", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "onering-s-server-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { certificate = "", key = "" } = certificates.domain ?? {};
  const pem = path.join(folder, "server.pem");
  await writeFile(pem, `${certificate}\n${key}`);
  const port = await freePort("tcp");
  const asking = ["-Verify", "1", "-verify_return_error", "-CAfile", pem, "-cert", pem, "-key", pem];
  const server = spawn("openssl", ["s_server", "-accept", `127.0.0.1:${port}`, ...asking]);
  onTestFinished(() => void server.kill());
  let said = "";
  server.stdout.on("data", (text: Buffer) => {
    said += text;
  });
  await vi.waitFor(() => expect(said).toContain("ACCEPT"), { timeout: 5000 });
  const near = await start();
  const flow = await near.connect({ protocol: "tls", address: "127.0.0.1", port, ...toward() });
  flow.send(options("a"));
  await vi.waitFor(() => expect(near.closed).toHaveLength(1));
  expect(flow.closedBecause).toMatch(/^tlsv13 alert certificate required$/);
  expect(brokenFix(flow.closedBecause ?? "")).toMatch(/^The carrier does not take our certificate/);
});

it("a handshake that does not come to its end is given up", async () => {
  const { createConnection } = await import("node:net");
  const far = await start({ ...listening("domain"), limits: { handshakeMs: 100 } });
  const socket = createConnection(far.target("tls").port, "127.0.0.1").on("error", () => undefined);
  await vi.waitFor(() => expect(far.connections.inbound).toBe(1));
  await once(socket.resume(), "close");
  await vi.waitFor(() => expect([far.connections.inbound, far.counters.failedHandshakes]).toEqual([0, 1]));
});
