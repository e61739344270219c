import { expect, test } from "vitest";
import { examineSipTrunkRules } from "../../../src/doctor/sip-trunk-rules.ts";
import { testConfig } from "../../support/test-config.ts";

function examine(trunk: object, { sip = {}, ...beside }: { sip?: object; inbound?: object } = {}): string[] {
  const config = testConfig({
    asterisks: {},
    sip: { host: "192.0.2.10", ...sip },
    trunks: { a: { sip: { host: "sip.carrier.example", ...trunk }, ranges: ["block"], ...beside } },
  });
  return examineSipTrunkRules(config).map(({ level, what, fix }) => `${level} ${what} → ${fix}`);
}
const account = { username: "alice", password: "s3xY-pass-w0rd" };

test("a trunk that is known by address, and one without SIP, need nothing", () => {
  expect(examine({})).toEqual([]);
  expect(examineSipTrunkRules(testConfig())).toEqual([]);
});

test("a private address towards a carrier elsewhere may be behind NAT", () => {
  const far = examine({}, { sip: { host: "10.0.0.5" } });
  expect(far).toEqual([
    expect.stringMatching(/^hint SIP: carriers are told to answer to 10\.0\.0\.5.* → .*public_host/),
  ]);
  expect(examine({}, { sip: { host: "10.0.0.5", public_host: "203.0.113.7" } })).toEqual([]);
  expect(examine({ host: "10.0.0.9" }, { sip: { host: "10.0.0.5" } })).toEqual([]);
});

test("a loopback address towards a carrier elsewhere was reported as ok: no answer would come", () => {
  const findings = examine({}, { sip: { host: "127.0.0.1" } });
  expect(findings).toEqual([
    expect.stringMatching(/^warn .* to answer to 127\.0\.0\.1, which only .* → Set sip\.host/),
  ]);
  expect(examine({ host: "127.0.0.2" }, { sip: { host: "127.0.0.1" } })).toEqual([]);
});

test("an account whose From has our address, and a trunk that withholds the caller ID", () => {
  expect(examine(account)).toEqual([
    expect.stringMatching(/^hint Trunk a: From has our own address.*from_domain, mostly to sip\.carrier\.example/),
  ]);
  expect(examine({ ...account, from_domain: "carrier.example" })).toEqual([]);
  expect(examine({ identity: { privacy: "id" } })).toEqual([expect.stringMatching(/^warn Trunk a: it withholds/)]);
});

test("calls in over a transport that is not listened on, unless the trunk registers", () => {
  const inbound = { trusted: true };
  expect(examine({ transport: "tcp" }, { inbound })).toEqual([
    expect.stringMatching(/^warn .* over TCP .* → Set sip\.tcp_port/),
  ]);
  expect(examine({ transport: "tls" }, { inbound, sip: { tcp_port: 5060 } })).toEqual([
    expect.stringMatching(/^warn .* over TLS .* → Set sip\.tls\.port/),
  ]);
  expect(examine({ transport: "tcp" }, { inbound, sip: { tcp_port: 5060 } })).toEqual([]);
  expect(examine({ transport: "udp" }, { inbound })).toEqual([]);
  const registers = { transport: "tcp", ...account, register: {}, from_domain: "carrier.example" };
  expect(examine(registers, { inbound })).toEqual([]);
});
