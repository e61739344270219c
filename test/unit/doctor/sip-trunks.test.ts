/** The doctor's view of SIP trunks: carriers over loopback sockets that answer, refuse, or say nothing. */
import { describe, expect, test } from "vitest";
import { examineSipTrunks } from "../../../src/doctor/sip-trunks.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { type Clock, systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { TransportOptions } from "../../../src/sip/transport/index.ts";
import { withAuthorities } from "../../support/authority.ts";
import { sipSection, sipTrunk } from "../../support/sip-config.ts";
import { withTransports } from "../../support/transports.ts";

const startTransports = withTransports();
const newAuthority = withAuthorities();
const anywhere = { address: "127.0.0.1", port: 0 };
const copied = new Set(["via", "from", "to", "call-id", "cseq"]);
/** Deadlines pass fifty times as fast. */
const hasty: Clock = { nowMs: Date.now, after: (ms, callback) => systemClock.after(ms / 50, callback) };

/** Answers every request with this status; null: with nothing. */
async function carrier(options: Partial<TransportOptions>, status: string | null = "200 OK") {
  const transports = await startTransports(options);
  transports.onMessage((message, flow) => {
    if (message.kind !== "request" || status === null) return;
    const lines = message.headers.filter(({ name }) => copied.has(name.toLowerCase()));
    const headers = lines.map(({ name, value }) => `${name}: ${value}`);
    flow.send([`SIP/2.0 ${status}`, ...headers, "Content-Length: 0", "", ""].join("\r\n"));
  });
  return (transport: "udp" | "tcp" | "tls") => transports.target(transport).port;
}

async function examine(
  trunk: Parameters<typeof sipTrunk>[0],
  own: Parameters<typeof sipSection>[0] = {},
  clock: Clock = systemClock,
) {
  const sip = await sipSection(own);
  const findings = await examineSipTrunks(
    { sip, trunks: { a: { sip: sipTrunk(trunk) } } },
    { clock, random: cryptoRandom },
  );
  return findings.map(({ level, what, fix }) => `${level} ${what}${fix === null ? "" : ` → ${fix}`}`);
}

test("without the section sip there is nothing to say", async () => {
  expect(await examineSipTrunks({ trunks: {} }, { clock: systemClock, random: cryptoRandom })).toEqual([]);
});

test.each(["udp", "tcp"] as const)("a carrier that answers over %s", async (transport) => {
  const port = (await carrier({ [transport]: [anywhere] }))(transport);
  const findings = await examine({ host: "127.0.0.1", port, transport });
  expect(findings[0]).toMatch(/^ok SIP can listen on 127\.0\.0\.1: UDP \d+$/);
  const answer = `ok Trunk a: ${transport.toUpperCase()} 127\\.0\\.0\\.1:${port} answers OPTIONS with 200 in \\d+ ms`;
  expect(findings.slice(1)).toEqual([expect.stringMatching(new RegExp(`^${answer}$`))]);
});

test("a carrier that is overloaded, and one that refuses us", async () => {
  const port = (await carrier({ udp: [anywhere] }, "503 Service Unavailable"))("udp");
  const refusing = (await carrier({ udp: [anywhere] }, "403 Forbidden"))("udp");
  expect((await examine({ host: "127.0.0.1", port }))[1]).toMatch(
    /^warn .* with 503 .*the trunk is not used meanwhile/,
  );
  expect((await examine({ host: "127.0.0.1", port: refusing }))[1]).toMatch(/^hint .* with 403 .*may not know/);
});

describe("a certificate over TLS", () => {
  test("of another name, of a wildcard, of an unknown authority", async () => {
    const authority = await newAuthority();
    const issued = await authority.issue(["DNS:*.carrier.example"]);
    const port = (await carrier({ tls: { addresses: [anywhere], ...issued } }))("tls");
    const trunk = { host: "127.0.0.1", port, transport: "tls" };
    const names = { server_name: "sip.carrier.example", certificate_name: "*.carrier.example" };
    const valid = await examine({ ...trunk, tls: { ca: authority.ca, ...names } });
    expect(valid[1]).toMatch(/^ok Trunk a: TLS .* answers OPTIONS with 200 in \d+ ms$/);
    expect(valid[2]).toMatch(/^ok Trunk a: TLS .*: the carrier's certificate is valid until 2099-12-31$/);
    const other = await examine({ ...trunk, tls: { ca: authority.ca, server_name: names.server_name } });
    expect(other[1]).toMatch(
      /^fail .*the certificate is for \*\.carrier\.example, wanted sip\.carrier\.example\) → .*tls\.certificate_name/,
    );
    const unknown = await examine({ ...trunk, tls: names });
    expect(unknown[1]).toMatch(
      /^fail .*no connection: tls \(.*: issued by "Test authority"\) → .*tls\.ca of the trunk/,
    );
  });

  test.each([
    ["valid", /^ok sip\.tls\.certificate is valid until 2099-12-31$/],
    [
      20,
      /^warn sip\.tls\.certificate expires on \d{4}-\d\d-\d\d, in (19|20) days → Renew it: the gateway reads its file again/,
    ],
    [1, /^warn sip\.tls\.certificate expires on \d{4}-\d\d-\d\d, in less than a day → Renew it/],
    ["expired", /^fail sip\.tls\.certificate expired on 2020-01-02 → Renew it/],
  ] as const)("of our own: %s", async (lifetime, expected) => {
    const own = await (await newAuthority()).issue(["IP:127.0.0.1"], lifetime);
    const port = (await carrier({ udp: [anywhere] }))("udp");
    const tls = { certificate: own.certificate, private_key: own.key };
    expect((await examine({ host: "127.0.0.1", port }, { tls }))[1]).toMatch(expected);
  });

  test("of a carrier that ends soon, and one that has ended", async () => {
    const authority = await newAuthority();
    const names = ["IP:127.0.0.1"];
    const [soon, ended] = [await authority.issue(names, 20), await authority.issue(names, "expired")];
    const trunk = { host: "127.0.0.1", transport: "tls", tls: { ca: authority.ca } };
    const portOf = async (issued: typeof soon) => (await carrier({ tls: { addresses: [anywhere], ...issued } }))("tls");
    const findings = await examine({ ...trunk, port: await portOf(soon) });
    expect(findings[1]).toMatch(/^ok Trunk a: TLS .* answers OPTIONS with 200/);
    expect(findings[2]).toMatch(
      /^warn Trunk a: TLS .*: the carrier's certificate expires on .* → The carrier has to renew it/,
    );
    const refused = await examine({ ...trunk, port: await portOf(ended) });
    expect(refused.slice(1)).toEqual([
      expect.stringMatching(
        /^fail Trunk a: TLS .*the certificate expired on 2020-01-02\) → The carrier has to renew it.* clock says/,
      ),
    ]);
  });

  test("that the carrier wants of us, and does not get", async () => {
    const authority = await newAuthority();
    const issued = await authority.issue(["IP:127.0.0.1"]);
    const port = (await carrier({ tls: { addresses: [anywhere], ...issued, clientCa: authority.ca } }))("tls");
    const findings = await examine({ host: "127.0.0.1", port, transport: "tls", tls: { ca: authority.ca } });
    expect(findings[1]).toMatch(
      /^fail Trunk a: TLS .* \(tlsv13 alert certificate required\) → The carrier does not take our certificate/,
    );
  });

  test("of a trunk's own towards its carrier, and the one that signs caller IDs", async () => {
    const authority = await newAuthority();
    const client = await authority.issue(["IP:127.0.0.1"], 20);
    const port = (await carrier({ tls: { addresses: [anywhere], ...(await authority.issue(["IP:127.0.0.1"])) } }))(
      "tls",
    );
    const tls = { ca: authority.ca, certificate: client.certificate, private_key: client.key };
    const signing = await authority.issue(["DNS:sti.example"], 20);
    const identity = {
      ...{ private_key: signing.key, certificate: signing.certificate },
      ...{ x5u: "https://sti.example/cert.pem", attestation: "A" },
    };
    const findings = await examine({ host: "127.0.0.1", port, transport: "tls", tls }, { identity });
    expect(findings[1]).toMatch(/^warn trunks\.a\.sip\.tls\.certificate expires on /);
    expect(findings[2]).toMatch(/^warn sip\.identity\.certificate expires on /);
  });
});

describe("a carrier that is not there", () => {
  test("refuses the connection", async () => {
    const port = await freePort("tcp");
    expect((await examine({ host: "127.0.0.1", port, transport: "tcp" }))[1]).toMatch(
      /^fail Trunk a: TCP .*no connection: refused.* → Check host, port and transport of trunks\.a\.sip, /,
    );
  });

  test("answers no OPTIONS: a problem where the gateway asks, else not", async () => {
    const port = (await carrier({ udp: [anywhere] }, null))("udp");
    const asked = await examine({ host: "127.0.0.1", port }, {}, hasty);
    expect(asked[1]).toMatch(
      /^fail .* does not answer OPTIONS: no response within 4 s → .*trunks\.a\.sip\.qualify_seconds to 0/,
    );
    const unasked = await examine({ host: "127.0.0.1", port, qualify_seconds: 0 }, {}, hasty);
    expect(unasked[1]).toMatch(/^hint .* does not answer OPTIONS/);
  });

  test("has a name without an address", async () => {
    const findings = await examine({ host: "carrier.invalid", port: 5060 }, {}, hasty);
    expect(findings[1]).toMatch(
      /^fail Trunk a: carrier\.invalid (does not exist in DNS|cannot be resolved).* trunks\.a\.sip\.host/,
    );
    const outbound_proxy = { host: "proxy.invalid", port: 5060 };
    const behindProxy = await examine({ host: "carrier.example", outbound_proxy }, {}, hasty);
    expect(behindProxy[1]).toMatch(/^fail Trunk a: proxy\.invalid .* trunks\.a\.sip\.outbound_proxy\.host/);
  });
});

test("a port that something else has, and an address that is none of this machine's", async () => {
  const taken = (await carrier({ udp: [anywhere] }))("udp");
  const findings = await examine({ host: "127.0.0.1", port: taken }, { udp_port: taken });
  expect(findings[0]).toMatch(/^hint SIP: a port of UDP \d+ on 127\.0\.0\.1 is in use .* → That is right while/);
  expect(findings[1]).toMatch(/^ok .* answers OPTIONS with 200/);
  const silent = (await carrier({ udp: [anywhere] }, null))("udp");
  const other = await examine({ host: "127.0.0.1", port: silent }, { udp_port: taken }, hasty);
  expect(other[1]).toMatch(/^warn .* does not answer OPTIONS.* → It was asked from another port/);
  const elsewhere = await examine({ host: "127.0.0.1", port: taken }, { host: "192.0.2.10" });
  expect(elsewhere).toEqual([expect.stringMatching(/^fail SIP cannot listen on 192\.0\.2\.10: .* → Set sip\.host/)]);
});

test("a registration is not tried, which would replace the running gateway's", async () => {
  const seen: string[] = [];
  const transports = await startTransports({
    udp: [anywhere],
    observer: (direction, message) => void (direction === "in" && seen.push(message.split(" ", 1)[0] ?? "")),
  });
  const { port } = transports.target("udp");
  const account = { username: "alice", password: "s3xY-pass-w0rd", register: {} };
  const findings = await examine({ host: "127.0.0.1", port, ...account }, {}, hasty);
  expect(findings.at(-1)).toMatch(
    /^hint Trunk a: its registration is the running gateway's.* → `GET \/v1\/admin\/trunks`/,
  );
  expect(new Set(seen)).toEqual(new Set(["OPTIONS"]));
});
