/** Trunks that the gateway reaches over SIP itself. */
import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { asterisksOf, endpointOf, enginesOf } from "../../../../src/telephony/trunks/engines.ts";
import { withCertificates } from "../../../support/certificates.ts";
import { testConfig } from "../../../support/test-config.ts";
import { problemsAfter } from "../config-files.ts";
import { cases, pbx } from "./cases.ts";

const pkcs8 = { type: "pkcs8", format: "pem" } as const;
const sip = { host: "192.0.2.10" };
const trunk = (own: object = {}) => ({ sip: { host: "sip.carrier.example", ...own }, ranges: ["block"] });

describe("a gateway without an Asterisk", () => {
  const withoutAsterisk = { asterisks: {}, sip, trunks: { a: trunk() } };

  test("is a valid configuration, with `asterisks` empty or left out", () => {
    expect(problemsAfter((c) => Object.assign(c, withoutAsterisk))).toEqual([]);
    expect(
      problemsAfter((c) => {
        Object.assign(c, withoutAsterisk);
        delete (c as Record<string, unknown>).asterisks;
      }),
    ).toEqual([]);
  });

  test("has one engine, `sip`, through which its trunk goes by the trunk's own name", () => {
    const config = testConfig(withoutAsterisk);
    expect(Object.keys(enginesOf(config))).toEqual(["sip"]);
    expect(Object.entries(config.trunks).map(([name, one]) => [asterisksOf(one), endpointOf(name, one)])).toEqual([
      [["sip"], "a"],
    ]);
  });

  cases([
    [
      "voice, which nothing here can play",
      (c) => Object.assign(c, withoutAsterisk, { voice: {} }),
      /^voice: a section, and no Asterisk → an Asterisk with the driver .*on trunks with `sip`, nothing can be played/,
    ],
    [
      "a canary that listens on a trunk that takes no calls",
      (c) => Object.assign(c, withoutAsterisk, { canary: { number: "+447700900999", inbound_trunk: "a" } }),
      /^canary\.inbound_trunk: a → a trunk with `inbound`, whose calls the gateway takes/,
    ],
  ]);
});

test("a gateway mixes Asterisks and SIP trunks", () => {
  const config = testConfig({ sip, trunks: { a: trunk(), b: { asterisk: "pbx", endpoint: "e", ranges: ["block"] } } });
  expect(Object.keys(enginesOf(config))).toEqual(["pbx", "sip"]);
});

describe("inbound calls", () => {
  cases([
    [
      "a status that no call is refused with",
      (c) => Object.assign(c, { sip: { ...sip, refuse_status: 500 } }),
      /^sip\.refuse_status: 500 → one of 403, 480, 486, 600, 603/,
    ],
    [
      "two trunks at one address that nothing tells apart",
      (c) => {
        Object.assign(c, { sip });
        Object.assign(c.trunks, { b: { ...trunk(), inbound: {} }, d: trunk() });
      },
      /^trunks\.d\.sip\.domains: a source that trunk b has too → `domains` of its own in both trunks/,
    ],
  ]);
});

describe("trunks", () => {
  cases([
    [
      "a SIP trunk without the section sip",
      (c) => Object.assign(c.trunks, { b: trunk() }),
      /^sip: nothing → a section with `host`, .*: trunks\.b\.sip needs it/,
    ],
    [
      "sip beside an Asterisk, and an endpoint beside sip",
      (c) =>
        Object.assign(c, { sip, trunks: { a: { ...trunk(), asterisk: "pbx" }, b: { ...trunk(), endpoint: "e" } } }),
      /^trunks\.a: asterisk and sip → exactly one of asterisk, asterisks, sip/,
      /^trunks\.b\.endpoint: "e" → nothing here/,
    ],
    [
      "an Asterisk trunk without its endpoint",
      (c) => (c.trunks.a = { asterisk: "pbx", ranges: ["block"] }),
      /^trunks\.a\.endpoint: nothing → the name of the trunk's PJSIP endpoint/,
    ],
    [
      "an Asterisk of the reserved name",
      (c) => Object.assign(c, { sip, asterisks: { sip: pbx, pbx }, trunks: { a: trunk() } }),
      /^asterisks\.sip: an Asterisk → another name/,
    ],
    [
      "half of an account",
      (c) =>
        Object.assign(c, {
          sip,
          trunks: {
            a: trunk({ password: "p4ss-w0rd", register: {} }),
            b: trunk({ username: "u", register: {} }),
          },
        }),
      /^trunks\.a\.sip\.username: nothing → a value: password, register need it/,
      /^trunks\.b\.sip\.password: nothing → a value: register needs it/,
    ],
    [
      "a header that the gateway writes itself",
      (c) =>
        Object.assign(c, { sip, trunks: { a: trunk({ identity: { extra_headers: [{ name: "Via", value: "x" }] } }) } }),
      /^trunks\.a\.sip\.identity\.extra_headers\[0\]\.name: Via → a header that the gateway does not write itself/,
    ],
    [
      "sources that are none",
      (c) => Object.assign(c, { sip, trunks: { a: trunk({ sources: ["192.0.2.300", "0.0.0.0/0", "192.0.2.0/24"] }) } }),
      /^trunks\.a\.sip\.sources\[0\]: "192.0.2.300" → an IP address or a CIDR block/,
      /^trunks\.a\.sip\.sources\[1\]: "0.0.0.0\/0" → the carrier's own addresses/,
    ],
    [
      "TLS settings without TLS, and half of a client certificate",
      (c) =>
        Object.assign(c, {
          sip,
          trunks: {
            a: trunk({ transport: "tcp", tls: { server_name: "x.example" } }),
            b: trunk({ transport: "tls", tls: { private_key: "kQ7z-2Lm9x".repeat(10) } }),
          },
        }),
      /^trunks\.a\.sip\.tls: a section, with transport tcp → transport: tls/,
      /^trunks\.b\.sip\.tls: one of them → both certificate and private_key/,
    ],
    [
      "authorities that are none, and names of certificates that are never asked for",
      (c) =>
        Object.assign(c, {
          sip,
          trunks: {
            a: trunk({ transport: "tls", tls: { ca: "kQ7z-2Lm9x".repeat(10) } }),
            b: trunk({ transport: "tls", tls: { client_names: ["sip.carrier.example"] } }),
          },
        }),
      /^trunks\.a\.sip\.tls\.ca: what is no certificate → certificates of authorities in PEM/,
      /^trunks\.b\.sip\.tls\.client_names: names → `sip\.tls\.port` and `sip\.tls\.ca` too/,
    ],
    [
      "a signature without a key",
      (c) => Object.assign(c, { sip, trunks: { a: trunk({ identity: { attestation: "A" } }) } }),
      /^trunks\.a\.sip\.identity\.attestation: A → a section sip\.identity/,
    ],
  ]);
});

describe("our own end", () => {
  cases([
    [
      "every address, with none that carriers could answer",
      (c) => Object.assign(c, { sip: { host: "0.0.0.0" } }),
      /^sip\.host: "0\.0\.0\.0" → one address of this host, or `public_host`/,
    ],
    [
      "addresses that are none",
      (c) => Object.assign(c, { sip: { host: "192.0.2.300", host_ipv6: "192.0.2.1" } }),
      /^sip\.host: "192\.0\.2\.300" → an IP address/,
      /^sip\.host_ipv6: "192\.0\.2\.1" → an IPv6 address/,
    ],
    [
      "TLS accepted without a certificate",
      (c) => Object.assign(c, { sip: { ...sip, tls: { port: "5061" } } }),
      /^sip\.tls\.certificate: nothing → a value/,
    ],
    [
      "half of a certificate",
      (c) => Object.assign(c, { sip: { ...sip, tls: { certificate: "c".repeat(100) } } }),
      /^sip\.tls: one of them → both certificate and private_key/,
    ],
    [
      "a certificate that is none",
      (c) =>
        Object.assign(c, {
          sip: { ...sip, tls: { certificate: "c".repeat(100), private_key: "kQ7z-2Lm9x".repeat(10) } },
        }),
      /^sip\.tls\.certificate: what is no certificate → a certificate in PEM/,
    ],
    [
      "an authority that is none",
      (c) => Object.assign(c, { sip: { ...sip, tls: { ca: "c".repeat(100) } } }),
      /^sip\.tls\.ca: what is no certificate → certificates of authorities in PEM/,
    ],
  ]);
});

describe("the certificate and the key of the gateway's own SIP", () => {
  const make = withCertificates();
  const madeNow = async () => {
    const { certFile, keyFile } = await make();
    return { certificate: await readFile(certFile, "utf8"), private_key: await readFile(keyFile, "utf8") };
  };
  const problemsOf = (tls: object) => problemsAfter((c) => Object.assign(c, { sip: { ...sip, tls } }));
  const apart = ["sip.tls.certificate: the certificate and the private key do not belong together"];

  test("are taken, where they belong together", async () => {
    expect(problemsOf(await madeNow())).toEqual([]);
  });

  test("of two pairs are refused in words, not with OpenSSL's error", async () => {
    const { private_key } = await madeNow();
    expect(problemsOf({ ...(await madeNow()), private_key })).toEqual(apart);
  });

  test("of two kinds are refused too: TLS would have shown no certificate", async () => {
    const private_key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export(pkcs8);
    expect(problemsOf({ ...(await madeNow()), private_key })).toEqual(apart);
  });

  test("that cannot be read are named one by one", async () => {
    const made = await madeNow();
    expect(problemsOf({ ...made, certificate: made.private_key })).toEqual([
      "sip.tls.certificate: what is no certificate → a certificate in PEM, before its intermediates",
    ]);
    expect(problemsOf({ ...made, private_key: made.certificate })).toEqual([
      "sip.tls.private_key: what cannot be read as one → a private key in PEM, without a passphrase",
    ]);
  });
});
