/** TLS: whose certificate is taken (RFC 5922), what fails and how it is reported; client certificates. */

import { once } from "node:events";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Target } from "../../../../src/sip/transport/port.ts";
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

describe("no flow is opened", () => {
  it.each([
    ["to a name that the certificate is not for", "host alone", () => toward(), /not for carrier\.example/],
    ["where a wildcard would match", "wildcard", () => toward({}, "sbc1.carrier.example"), /not for sbc1/],
    ["where only the common name matches", "common name", () => toward(), /not for carrier\.example/],
    ["where the certificate is a user's", "user", () => toward(), /not for carrier\.example/],
    ["to an address with the domain's certificate", "domain", () => toward({}, "127.0.0.1"), /not for 127\.0\.0\.1/],
    ["to an expired certificate", "expired", () => toward(), /expired/],
    ["to one that is not valid yet", "future", () => toward(), /not yet valid/],
    ["to one of an unknown authority", "stranger", () => toward(), /unable to (?:verify|get)/],
    [
      "where no authority is configured but the system's",
      "domain",
      () => ({ serverName: "carrier.example" }),
      /unable to/,
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
    const silent = createServer((socket) => socket.on("error", () => undefined));
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

it("a handshake that does not come to its end is given up", async () => {
  const { createConnection } = await import("node:net");
  const far = await start({ ...listening("domain"), limits: { handshakeMs: 100 } });
  const socket = createConnection(far.target("tls").port, "127.0.0.1").on("error", () => undefined);
  await vi.waitFor(() => expect(far.connections.inbound).toBe(1));
  await once(socket.resume(), "close");
  await vi.waitFor(() => expect([far.connections.inbound, far.counters.failedHandshakes]).toEqual([0, 1]));
});
