import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { EmailConfig } from "../../../../src/channels/email/config.ts";
import { portOf } from "../../../../src/channels/email/config.ts";
import { emailChecks } from "../../../../src/channels/email/config-checks.ts";
import { isAligned, readDkimKey } from "../../../../src/channels/email/dkim-key.ts";
import { withCertificates } from "../../../support/certificates.ts";
import { configOf, pemOf } from "./support.ts";

const certificate = withCertificates();
const rsa = (bits: number) =>
  generateKeyPairSync("rsa", { modulusLength: bits }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const key = rsa(2048);
const server = { name: "main", host: "smtp.example.com" };

const problemsOf = (email: EmailConfig) =>
  emailChecks
    .flatMap((check) => check.problems({ email }, () => true))
    .map(({ path, expected }) => [path.join("."), expected]);

describe("sound", () => {
  it.each([
    ["the least", {}],
    ["STARTTLS with a login", { servers: [{ ...server, user: "u", password: "p" }] }],
    [
      "plain on loopback, with a login",
      { servers: [{ ...server, host: "127.0.0.1", security: "plain", user: "u", password: "p" }] },
    ],
    ["plain elsewhere where that is said", { servers: [{ ...server, security: "plain", allow_plaintext: true }] }],
    ["DKIM of the domain", { dkim: { domain: "example.com", selector: "s1", private_key: key } }],
    [
      "DKIM of a domain above",
      { from: "verify@mail.example.com", dkim: { domain: "example.com", selector: "s1", private_key: key } },
    ],
    [
      "a key with \\n written out",
      { dkim: { domain: "example.com", selector: "s1", private_key: key.replaceAll("\n", "\\n") } },
    ],
  ])("%s", (_case, more) => {
    expect(problemsOf(configOf({ servers: [server], ...more }))).toEqual([]);
  });

  it("a private authority's certificate", async () => {
    const ca = pemOf(await certificate("smtp.example.com"));
    expect(problemsOf(configOf({ servers: [{ ...server, ca }] }))).toEqual([]);
  });
});

describe("refused", () => {
  it.each([
    ["a sender that is no address", { from: "verify@localhost" }, "email.from", "without a dot"],
    ["a sender outside ASCII", { from: "用户@example.com" }, "email.from", "ASCII"],
    ["a bounce address that is none", { bounces_to: "a..b@example.com" }, "email.bounces_to", "two in a row"],
    ["two servers of one name", { servers: [server, server] }, "email.servers.1.name", "of its own"],
    ["plain elsewhere", { servers: [{ ...server, security: "plain" }] }, "email.servers.0.security", "starttls or tls"],
    [
      "a password in the clear, whatever is said",
      { servers: [{ ...server, security: "plain", allow_plaintext: true, user: "u", password: "p" }] },
      "email.servers.0.security",
      "starttls or tls",
    ],
    ["a user without a password", { servers: [{ ...server, user: "u" }] }, "email.servers.0", "user and password"],
    [
      "a certificate that cannot be read",
      { servers: [{ ...server, ca: "-----BEGIN CERTIFICATE-----\nno" }] },
      "email.servers.0.ca",
      "in PEM",
    ],
    [
      "DKIM of another domain",
      { dkim: { domain: "example.org", selector: "s1", private_key: key } },
      "email.dkim.domain",
      "example.com",
    ],
    [
      "a key that is none",
      { dkim: { domain: "example.com", selector: "s1", private_key: "x".repeat(200) } },
      "email.dkim.private_key",
      "PEM",
    ],
    [
      "a key that is too short",
      { dkim: { domain: "example.com", selector: "s1", private_key: rsa(512) } },
      "email.dkim.private_key",
      "1024 bits",
    ],
    [
      "a key that the signer has no algorithm for",
      {
        dkim: {
          domain: "example.com",
          selector: "s1",
          private_key: generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        },
      },
      "email.dkim.private_key",
      "ed25519",
    ],
  ])("%s", (_case, more, path, words) => {
    const problems = problemsOf(configOf({ servers: [server], ...more }));
    expect(problems).toEqual([[path, expect.stringContaining(words)]]);
    expect(JSON.stringify(problems)).not.toContain("PRIVATE");
  });
});

it.each([
  ["example.com", "example.com", true],
  ["Mail.Example.com", "example.com", true],
  ["example.com", "mail.example.com", true],
  ["example.com", "notexample.com", false],
  ["example.com.evil.example", "example.com", false],
])("from %s, signed by %s: aligned %s", (from, signing, expected) => {
  expect(isAligned(from, signing)).toBe(expected);
});

it("a problem with a key quotes nothing of it", () => {
  expect(JSON.stringify(readDkimKey("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"))).not.toContain(
    "secret",
  );
});

it.each([
  ["starttls", 587],
  ["tls", 465],
  ["plain", 25],
] as const)("%s: port %d", (security, port) => {
  expect(portOf({ security })).toBe(port);
  expect(portOf({ security, port: 2525 })).toBe(2525);
});
